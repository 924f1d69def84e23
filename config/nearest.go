package config

import (
	"slices"
	"strings"

	"readback/internal/setting"
)

// nearestKey returns a hint for an unknown key: a similar key beside it, or the key of the
// same name in another section.
func nearestKey(s schema, key string) string {
	var beside, elsewhere []string
	for _, k := range s.names() {
		if setting.Parent(k) == setting.Parent(key) {
			beside = append(beside, k)
		}
		if setting.Last(k) == strings.ToLower(setting.Last(key)) {
			elsewhere = append(elsewhere, k)
		}
	}
	slices.SortFunc(elsewhere, strings.Compare)
	near := nearest(key, beside, max(2, len(setting.Last(key))/3))
	if i := slices.IndexFunc(beside, func(k string) bool { return begins(k, key) || begins(key, k) }); near == "" && i >= 0 {
		near = beside[i]
	}
	if near == "" && len(elsewhere) > 0 {
		near = elsewhere[0]
	}
	if near == "" {
		slices.Sort(beside)
		for i := range beside {
			beside[i] = setting.Last(beside[i])
		}
		if len(beside) == 0 {
			return ""
		}
		return "the keys here are " + strings.Join(beside, ", ")
	}
	return "did you mean " + s.prefix + near + "?"
}

// begins reports whether a key begins with the words of another one: password_hash with
// password.
func begins(key, words string) bool { return strings.HasPrefix(key, words+"_") }

// nearest returns the name that differs from s by the fewest letters, at most most. Of
// several it returns the first in the alphabet.
func nearest(s string, names []string, most int) string {
	slices.Sort(names)
	best, least := "", most+1
	for _, n := range names {
		if d := distance(strings.ToLower(s), strings.ToLower(n)); d < least {
			best, least = n, d
		}
	}
	return best
}

// distance counts the letters to insert, delete or replace (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
