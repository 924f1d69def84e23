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

	"golang.org/x/time/rate"

	"readback/relay/message"
)

// Caller is who sends a read response, and for whom it may speak. The zero value is one
// that the process itself vouches for: it speaks for all.
type Caller struct {
	Name       string       // for the audit log: the name of a key, jwt, mtls, network, …
	Receiver   message.Addr // the only receiver that it may speak for; zero: any
	NeedsProof bool         // each response must show the proof of the element

	limit *rate.Limiter // of its read responses; nil: none

	// Why what it showed lets nobody in, where a proof still may; empty if it showed nothing.
	refused string
}

// speaksFor tells whether the caller may speak for a receiver.
func (c *Caller) speaksFor(receiver *message.Addr) bool {
	return c.Receiver.IsZero() || c.Receiver == *receiver
}

// isStranger tells whether it has shown nothing that only it could.
func (c *Caller) isStranger() bool { return c.NeedsProof || c.Name == AuthNone }

// Tokens tells whom a bearer token speaks for at a time.
type Tokens interface {
	Subject(token string, now time.Time) (string, error)
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
	auth   []string
	keys   []knownKey
	tokens Tokens
}

// knownKey is an API key by its hash.
type knownKey struct {
	by  Caller
	sum []byte
}

// newCallers takes the rules of options that are valid.
func newCallers(opt *Options) *callers {
	c := &callers{}
	c.set(opt)
	return c
}

// set swaps the rules. The rates of keys begin anew.
func (c *callers) set(opt *Options) {
	rules := &callerRules{auth: opt.Auth, tokens: opt.Tokens}
	for _, k := range opt.APIKeys {
		sum, err := hex.DecodeString(strings.TrimSpace(k.SHA256))
		if err != nil { // Validate has seen to it
			continue
		}
		known := knownKey{by: Caller{Name: k.Name}, sum: sum}
		if k.Rate > 0 {
			known.by.limit = rate.NewLimiter(perMinute(k.Rate), k.Rate)
		}
		rules.keys = append(rules.keys, known)
	}
	c.rules.Store(rules)
}

// SetCallers swaps who may send read responses and ask for conversations: Auth, APIKeys and
// Tokens of opt; nothing else of it counts, the listeners stay. On an error all stays as it
// was.
func (r *Relay) SetCallers(opt Options) error {
	opt.Proofs, opt.MQTT, opt.WebSocket = r.opt.Proofs, r.opt.MQTT, r.opt.WebSocket
	if err := opt.validateAuth(); err != nil {
		return err
	}
	before := r.callers.rules.Load()
	r.callers.set(&opt)
	if r.gatekeeper != nil && !before.same(r.callers.rules.Load()) {
		r.gatekeeper.dismiss()
	}
	return nil
}

// unproven is the verdict on a caller that would need a proof and has none. One whose token has
// expired hears that: with 403 it would give up.
func (c *Caller) unproven(field, reason string) Verdict {
	if c.refused != "" {
		return Verdict{Code: http.StatusUnauthorized, Reason: c.refused}
	}
	return Verdict{Code: http.StatusForbidden, Field: field, Reason: reason}
}

// identify tells who shows a credential; any one that fits suffices. The verdict is 401 if
// nobody does, else its code is 0.
func (c *callers) identify(cred credential, now time.Time) (Caller, Verdict) {
	r := c.rules.Load()
	reason := "no credential"
	if cred != (credential{}) {
		reason = "no valid credential"
	}
	if by := r.byKey(&cred); by != nil {
		return *by, Verdict{}
	}
	if by := r.byCertificate(&cred); by != nil {
		return *by, Verdict{}
	}
	by, why := r.byToken(&cred, now)
	if why != "" {
		reason = why
	}
	switch {
	case by != nil:
		return *by, Verdict{}
	case r.allows(AuthNone):
		return Caller{Name: AuthNone}, Verdict{}
	case r.allows(AuthProof):
		stranger := Caller{Name: AuthProof, NeedsProof: true}
		if cred != (credential{}) && len(r.auth) > 1 {
			stranger.refused = reason
		}
		return stranger, Verdict{}
	}
	return Caller{}, Verdict{Code: http.StatusUnauthorized, Reason: reason}
}

// openToAll tells whether who shows nothing is let in: where nothing is asked for, or nothing
// but the proof that each response must show.
func (c *callers) openToAll() bool {
	auth := c.rules.Load().auth
	_, v := c.identify(credential{}, time.Time{})
	return v.Code == 0 && (len(auth) == 1 || slices.Contains(auth, AuthNone))
}

// same tells whether others ask for the same, keys of tokens aside.
func (r *callerRules) same(o *callerRules) bool {
	return slices.Equal(r.auth, o.auth) && slices.EqualFunc(r.keys, o.keys, func(a, b knownKey) bool {
		return string(a.sum) == string(b.sum)
	})
}

func (r *callerRules) allows(auth string) bool { return slices.Contains(r.auth, auth) }

// byKey takes a key from either header. It compares with all keys, in a time that tells
// nothing.
func (r *callerRules) byKey(cred *credential) (by *Caller) {
	if !r.allows(AuthAPIKey) {
		return nil
	}
	for _, shown := range []string{cred.apiKey, cred.token} {
		sum := sha256.Sum256([]byte(shown))
		for i := range r.keys {
			if subtle.ConstantTimeCompare(r.keys[i].sum, sum[:]) == 1 && shown != "" {
				by = &r.keys[i].by
			}
		}
	}
	return by
}

func (r *callerRules) byCertificate(cred *credential) *Caller {
	if !r.allows(AuthMTLS) || cred.cert == nil {
		return nil
	}
	receiver, err := subscriberOf(cred.cert)
	if err != nil {
		return nil
	}
	name := AuthMTLS
	if receiver.IsZero() && cred.cert.Subject.CommonName != "" {
		name += ":" + cred.cert.Subject.CommonName
	}
	return &Caller{Name: name, Receiver: receiver}
}

// byToken returns why not, if a token was shown.
func (r *callerRules) byToken(cred *credential, now time.Time) (by *Caller, why string) {
	if !r.allows(AuthJWT) || r.tokens == nil || cred.token == "" {
		return nil, ""
	}
	const maxWhy = 100
	subject, err := r.tokens.Subject(cred.token, now)
	if err != nil {
		why = err.Error()
		return nil, why[:min(len(why), maxWhy)]
	}
	receiver, err := message.NormalAddr(subject)
	if err != nil {
		return nil, "token names no subscriber"
	}
	return &Caller{Name: AuthJWT, Receiver: receiver}, ""
}
