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
	near := setting.Nearest(key, beside, max(2, len(setting.Last(key))/3))
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
