// Package access decides who may report a read: it identifies callers by what they present, limits
// how much they send, and checks the proofs of messages. It knows neither HTTP nor NATS.
package access

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Values of Rules.Auth: the ways in which a caller may authenticate.
const (
	AuthNone   = "none"    // the caller need not
	AuthAPIKey = "api_key" // one of APIKeys: speaks for all receivers
	AuthJWT    = "jwt"     // a token that Tokens accepts: speaks for one subscriber
	AuthMTLS   = "mtls"    // a certificate of its TLS connection: see subscriberOf
	AuthProof  = "proof"   // the caller need not, but each read response must show its proof
)

// Rules say who may report a read. They may change while the relay runs. Those with a key are
// settings (internal/setting).
type Rules struct {
	Auth    []string `key:"reads.auth" default:"none" live:"yes" oneof:"none,api_key,jwt,mtls,proof" doc:"who may report a read, any one of these: a backend with an API key or a certificate, a subscriber with a token, who shows the proof of each message; none only on a loopback address"`
	APIKeys []APIKey `key:"reads.api_keys" live:"yes" wanted:"a list of {name, sha256, rate, scopes, accounts}" doc:"list of {name, sha256, rate, scopes, accounts}: the SHA-256 of each key in 64 hexadecimal digits; how many reads a minute it may report, if there is to be a limit; what it may do (report reads, lookup of conversations, erase: opt out and erase), and for which accounts, if not for all"`

	Certificates []Backend `key:"reads.certificates" live:"yes" wanted:"a list of {name, scopes, accounts}" doc:"list of {name, scopes, accounts}: what backends may do by their certificates, by common name or DNS name; others are refused; empty is everything by all"`

	Tokens Tokens `json:"-"` // verifies tokens; nil: none is accepted
}

// Tokens returns the subscriber that a bearer token speaks for at a time.
type Tokens interface {
	Subject(token string, now time.Time) (string, error)
}

// APIKey is the key of an app backend, known by its hash.
type APIKey struct {
	Name   string // for the log
	SHA256 string // in hex
	Rate   int    // read responses a minute; 0: no limit
	Grant
}

// Backend is what the certificate of an app backend stands for.
type Backend struct {
	Name string // the common name or a DNS name in it
	Grant
}

// Validate names everything that is wrong with the rules where proofs are checked by p.
func (r *Rules) Validate(p Proofs) error {
	var err error
	wrong := func(format string, args ...any) { err = errors.Join(err, fmt.Errorf(format, args...)) }
	for _, a := range r.Auth {
		switch {
		case a == AuthAPIKey && len(r.APIKeys) == 0:
			wrong("auth: %s without a key", a)
		case a == AuthJWT && r.Tokens == nil:
			wrong("auth: %s without keys of tokens", a)
		case a == AuthProof && !p.On():
			wrong("auth: %s without a proof key", a)
		case !slices.Contains([]string{AuthNone, AuthAPIKey, AuthJWT, AuthMTLS, AuthProof}, a):
			wrong("auth: %q is unknown", a)
		}
	}
	for i, k := range r.APIKeys {
		if b, e := hex.DecodeString(strings.TrimSpace(k.SHA256)); e != nil || len(b) != 32 {
			wrong("api key %d: not a SHA-256 in hex", i+1)
		}
		if e := k.Grant.Validate(); e != nil {
			wrong("api key %d: %w", i+1, e)
		}
	}
	for i, b := range r.Certificates {
		if e := b.Grant.Validate(); e != nil {
			wrong("certificate %d: %w", i+1, e)
		}
	}
	return err
}
