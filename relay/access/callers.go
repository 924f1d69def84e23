package access

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"readback/relay/message"
)

var (
	// ErrNoCredential says that a caller presented no credential.
	ErrNoCredential = errors.New("no credential")

	errInvalid      = errors.New("no valid credential")
	errNoSubscriber = errors.New("token names no subscriber")
)

// maxReason is the longest error of Tokens that a caller is told, in octets.
const maxReason = 100

// Callers identifies callers. Its methods may be called from any goroutine.
type Callers struct{ rules atomic.Pointer[ruleSet] }

// ruleSet is Rules, ready for use. It does not change.
type ruleSet struct {
	auth   []string
	keys   []knownKey
	tokens Tokens

	backends []Backend // empty: each certificate of a backend may do everything
}

// knownKey is an API key by its hash.
type knownKey struct {
	by    Caller
	sum   []byte
	grant Grant
}

// NewCallers returns Callers by rules that are valid.
func NewCallers(rules Rules) *Callers {
	c := &Callers{}
	c.rules.Store(newRuleSet(rules))
	return c
}

// Set puts other rules, which are valid, in force. The limits of the keys begin anew. Set reports
// whether another credential may be needed now: whether Auth, a key or what one may do has changed.
func (c *Callers) Set(rules Rules) (changed bool) {
	set := newRuleSet(rules)
	return !c.rules.Swap(set).isLike(set)
}

func newRuleSet(rules Rules) *ruleSet {
	set := &ruleSet{auth: rules.Auth, tokens: rules.Tokens, backends: rules.Certificates}
	for _, k := range rules.APIKeys {
		sum, err := hex.DecodeString(strings.TrimSpace(k.SHA256))
		if err != nil { // Validate refuses it
			continue
		}
		known := knownKey{by: Caller{Name: k.Name, grant: k.limits()}, sum: sum, grant: k.Grant}
		if k.Rate > 0 {
			known.by.limit = rate.NewLimiter(perMinute(k.Rate), k.Rate)
		}
		set.keys = append(set.keys, known)
	}
	return set
}

// Identify returns the caller that presents cred. One valid credential is enough. The error says
// why the caller is not accepted; the caller may be told.
func (c *Callers) Identify(cred Credential, now time.Time) (Caller, error) {
	r := c.rules.Load()
	reason := ErrNoCredential
	if cred != (Credential{}) {
		reason = errInvalid
	}
	if by := r.byKey(&cred); by != nil {
		return *by, nil
	}
	if by := r.byCertificate(&cred); by != nil {
		return *by, nil
	}
	by, err := r.byToken(&cred, now)
	if err != nil {
		reason = err
	}
	switch {
	case by != nil:
		return *by, nil
	case r.allows(AuthNone):
		return Caller{Name: AuthNone}, nil
	case r.allows(AuthProof):
		anonymous := Caller{Name: AuthProof, NeedsProof: true}
		if cred != (Credential{}) && len(r.auth) > 1 {
			anonymous.Refused = reason
		}
		return anonymous, nil
	}
	return Caller{}, reason
}

// IsOpenToAll reports whether the rules ask for no credential: a caller without one is accepted,
// or needs nothing but the proof of each read response.
func (c *Callers) IsOpenToAll() bool {
	auth := c.rules.Load().auth
	_, err := c.Identify(Credential{}, time.Time{})
	return err == nil && (len(auth) == 1 || slices.Contains(auth, AuthNone))
}

// AdmitsAll reports whether a caller without any credential may do everything.
func (c *Callers) AdmitsAll() bool { return c.rules.Load().allows(AuthNone) }

// isLike reports whether o asks for the same credentials, apart from the tokens.
func (r *ruleSet) isLike(o *ruleSet) bool {
	return slices.Equal(r.auth, o.auth) && slices.EqualFunc(r.keys, o.keys, func(a, b knownKey) bool {
		return string(a.sum) == string(b.sum) && a.grant.equal(b.grant)
	}) && slices.EqualFunc(r.backends, o.backends, func(a, b Backend) bool { return a.Name == b.Name && a.Grant.equal(b.Grant) })
}

func (r *ruleSet) allows(auth string) bool { return slices.Contains(r.auth, auth) }

// byKey accepts a key in either header. It compares with all keys, so that its time does not
// depend on the key.
func (r *ruleSet) byKey(cred *Credential) (by *Caller) {
	if !r.allows(AuthAPIKey) {
		return nil
	}
	for _, shown := range []string{cred.APIKey, cred.Token} {
		sum := sha256.Sum256([]byte(shown))
		for i := range r.keys {
			if subtle.ConstantTimeCompare(r.keys[i].sum, sum[:]) == 1 && shown != "" {
				by = &r.keys[i].by
			}
		}
	}
	return by
}

func (r *ruleSet) byCertificate(cred *Credential) *Caller {
	if !r.allows(AuthMTLS) || cred.Certificate == nil {
		return nil
	}
	receiver, err := subscriberOf(cred.Certificate)
	if err != nil {
		return nil
	}
	if !receiver.IsZero() {
		return &Caller{Name: AuthMTLS, Receiver: receiver}
	}
	by := &Caller{Name: AuthMTLS}
	if cred.Certificate.Subject.CommonName != "" {
		by.Name += ":" + cred.Certificate.Subject.CommonName
	}
	if len(r.backends) == 0 {
		return by
	}
	for i := range r.backends {
		if b := &r.backends[i]; isNamed(cred.Certificate, b.Name) {
			by.grant = b.limits()
			return by
		}
	}
	return nil
}

// byToken returns the caller of a token. The error says why the token is not accepted; nil if
// there is none, or none would be.
func (r *ruleSet) byToken(cred *Credential, now time.Time) (*Caller, error) {
	if !r.allows(AuthJWT) || r.tokens == nil || cred.Token == "" {
		return nil, nil
	}
	subject, err := r.tokens.Subject(cred.Token, now)
	if err != nil {
		why := err.Error()
		return nil, errors.New(why[:min(len(why), maxReason)])
	}
	receiver, err := message.ParsePhoneNumber(subject)
	if err != nil {
		return nil, errNoSubscriber
	}
	return &Caller{Name: AuthJWT, Receiver: receiver}, nil
}
