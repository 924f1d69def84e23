package relay

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Caller is who sends a read response, and for whom it may speak. The zero value is one
// that the process itself vouches for: it speaks for all.
type Caller struct {
	Name       string // for the audit log: the name of a key, jwt, mtls, network, …
	Receiver   Addr   // the only receiver that it may speak for; zero: any
	NeedsProof bool   // each response must show the proof of the element
}

// speaksFor tells whether the caller may speak for a receiver.
func (c *Caller) speaksFor(receiver *Addr) bool {
	return c.Receiver.IsZero() || c.Receiver == *receiver
}

// credential is what a caller shows, whatever way it comes.
type credential struct {
	token  string            // Authorization: Bearer; the password of MQTT
	apiKey string            // X-API-Key
	cert   *x509.Certificate // of its TLS connection, verified
}

// credentialOf takes a credential from headers: of HTTP, or of a NATS message, which keeps
// the case of their names.
func credentialOf(headers map[string][]string) (cred credential) {
	for name, values := range headers {
		if len(values) == 0 {
			continue
		}
		switch {
		case strings.EqualFold(name, "X-API-Key"):
			cred.apiKey = values[0]
		case strings.EqualFold(name, "Authorization"):
			if scheme, token, _ := strings.Cut(values[0], " "); strings.EqualFold(scheme, "Bearer") {
				cred.token = strings.TrimSpace(token)
			}
		}
	}
	return cred
}

// callers says who may send read responses. Its rules are swapped whole, at any time.
type callers struct{ rules atomic.Pointer[callerRules] }

// callerRules are what Options say of callers. They do not change.
type callerRules struct {
	auth []string
	keys []knownKey
}

// knownKey is an API key by its hash.
type knownKey struct {
	name string
	sum  []byte
}

// newCallers takes the rules of options that are valid.
func newCallers(opt *Options) *callers {
	c := &callers{}
	c.set(opt)
	return c
}

// set swaps the rules.
func (c *callers) set(opt *Options) {
	rules := &callerRules{auth: opt.Auth}
	for _, k := range opt.APIKeys {
		if sum, err := hex.DecodeString(strings.TrimSpace(k.SHA256)); err == nil { // Validate has seen to it
			rules.keys = append(rules.keys, knownKey{k.Name, sum})
		}
	}
	c.rules.Store(rules)
}

// identify tells who shows a credential; any one that fits suffices. The verdict is 401 if
// nobody does, else its code is 0.
func (c *callers) identify(cred credential, now time.Time) (Caller, Verdict) {
	rules := c.rules.Load()
	if rules.allows(AuthAPIKey) {
		for _, shown := range []string{cred.apiKey, cred.token} {
			if k := rules.key(shown); k != nil {
				return Caller{Name: k.name}, Verdict{}
			}
		}
	}
	_ = now // a token has a time
	if rules.allows(AuthNone) {
		return Caller{Name: AuthNone}, Verdict{}
	}
	return Caller{}, Verdict{Code: http.StatusUnauthorized, Reason: "no valid credential"}
}

func (r *callerRules) allows(auth string) bool { return slices.Contains(r.auth, auth) }

// key compares with all keys, in a time that tells nothing.
func (r *callerRules) key(shown string) (found *knownKey) {
	if shown == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(shown))
	for i := range r.keys {
		if subtle.ConstantTimeCompare(r.keys[i].sum, sum[:]) == 1 {
			found = &r.keys[i]
		}
	}
	return found
}
