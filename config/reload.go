package config

import (
	"reflect"
	"slices"
	"strings"
)

// live are the keys that a running gateway takes on; keys under one of them count as
// well. Anything else needs a restart.
var live = []string{
	"track.when", "track.carriage", "track.overflow", "track.on_failure", "track.multi", "track.forward_ack_bits",
	"feedback", "accounts", "reads.auth", "reads.api_keys", "reads.jwt", "log.level", "log.mask",
}

// Restart names the keys that differ between two configurations and that a running
// gateway does not take on.
func Restart(before, after Config) []string {
	var all []string
	a, b := reflect.ValueOf(before), reflect.ValueOf(after)
	for _, f := range fields {
		if !isLive(f.key) && !reflect.DeepEqual(a.FieldByIndex(f.index).Interface(), b.FieldByIndex(f.index).Interface()) {
			all = append(all, f.key)
		}
	}
	return all
}

func isLive(key string) bool {
	return slices.ContainsFunc(live, func(l string) bool { return key == l || strings.HasPrefix(key, l+".") })
}
