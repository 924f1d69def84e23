package config

import (
	"cmp"
	"slices"
	"strings"

	"readback/internal/setting"
)

// nearestKey returns a hint for an unknown key: a similar key beside it, or the key of the
// same name in another section. At the top, the latter is more likely: the section is missing.
func nearestKey(s schema, key string) string {
	var beside []string
	for _, k := range s.names() {
		if setting.Parent(k) == setting.Parent(key) {
			beside = append(beside, k)
		}
	}
	elsewhere := sameName(s, key)
	if lacksSection(s, key) {
		return didYouMean(elsewhere)
	}
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

// sameName lists the keys that have the name of an unknown key: first those of the upper sections.
func sameName(s schema, key string) (all []string) {
	for _, k := range s.names() {
		if setting.Last(k) == strings.ToLower(setting.Last(key)) {
			all = append(all, k)
		}
	}
	slices.SortFunc(all, func(a, b string) int {
		return cmp.Or(cmp.Compare(strings.Count(a, "."), strings.Count(b, ".")), cmp.Compare(a, b))
	})
	return all
}

// lacksSection reports whether an unknown key at the top is the name of keys in sections, and of none at the top.
func lacksSection(s schema, key string) bool {
	named := sameName(s, key)
	return s.prefix == "" && setting.Parent(key) == "" && len(named) > 0 &&
		!slices.ContainsFunc(named, func(k string) bool { return setting.Parent(k) == "" })
}

// didYouMean asks for one of the keys.
func didYouMean(keys []string) string {
	const most = 5
	if len(keys) > most {
		return "did you mean " + strings.Join(keys[:most], ", ") + " or another?"
	}
	if last := len(keys) - 1; last > 0 {
		return "did you mean " + strings.Join(keys[:last], ", ") + " or " + keys[last] + "?"
	}
	return "did you mean " + keys[0] + "?"
}

// begins reports whether a key begins with the words of another one: password_hash with
// password.
func begins(key, words string) bool { return strings.HasPrefix(key, words+"_") }
