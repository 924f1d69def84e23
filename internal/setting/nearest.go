package setting

import (
	"slices"
	"strings"
)

// Nearest returns the name that differs from s by the fewest letters, at most most. Of
// several it returns the first in the alphabet. It sorts names.
func Nearest(s string, names []string, most int) string {
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
