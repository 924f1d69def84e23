package config

import "reflect"

// Restart names the keys that differ between two configurations and that a running
// gateway does not take on.
func Restart(before, after Config) []string {
	var all []string
	a, b := reflect.ValueOf(before), reflect.ValueOf(after)
	for _, f := range fields {
		if !f.Live && !reflect.DeepEqual(a.FieldByIndex(f.Index).Interface(), b.FieldByIndex(f.Index).Interface()) {
			all = append(all, f.Key)
		}
	}
	return all
}
