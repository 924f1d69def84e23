package config

import (
	"slices"
	"strings"
)

// notYet is the answer to a key or value that is planned: silence would let the
// operator believe in a protection that is not there.
const notYet = "not supported yet"

// laterKeys are the keys of later releases; each stands for all keys under it.
var laterKeys = []string{
	"smsc.outbind",
	"relay.tls",
}

// laterAccountKeys are those of an account; there are none now.
var laterAccountKeys []string

func isLater(later []string, key string) bool {
	return slices.ContainsFunc(later, func(l string) bool { return key == l || strings.HasPrefix(key, l+".") })
}
