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
	"listen.tls", "listen.allow", "listen.proxy_protocol", "listen.max_per_address",
	"smsc.tls", "smsc.addrs", "smsc.system_id", "smsc.password", "smsc.password_file", "smsc.binds", "smsc.message_id",
	"track.proof", "track.proof_keys", "track.multi", "track.reference",
	"feedback.hold_receipt", "feedback.template", "feedback.webhook",
	"reads.tls", "reads.jwt", "reads.mtls", "reads.mqtt", "reads.websocket", "reads.rate", "reads.cors",
	"relay.tls",
}

// laterAccountKeys are those of an account.
var laterAccountKeys = []string{
	"rate", "burst", "over_rate", "max_sessions", "window", "allow", "addresses", "password", "password_file",
	"feedback.hold_receipt", "feedback.template", "feedback.webhook", "track.multi", "track.proof",
}

func isLater(later []string, key string) bool {
	return slices.ContainsFunc(later, func(l string) bool { return key == l || strings.HasPrefix(key, l+".") })
}
