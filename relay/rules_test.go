package relay

import (
	"testing"
	"time"

	"readback/relay/relaytest"
)

func TestIsStranger(t *testing.T) {
	for name, tt := range map[string]struct {
		by   Caller
		want bool
	}{
		"a key":                     {Caller{Name: "app"}, false},
		"a subscriber":              {Caller{Name: AuthJWT, Receiver: relaytest.Addr(t, "447700900123")}, false},
		"the process itself":        {Caller{}, false},
		"nobody, where none counts": {Caller{Name: AuthNone}, true},
		"a proof":                   {Caller{Name: AuthProof, NeedsProof: true}, true},
	} {
		if got := tt.by.isStranger(); got != tt.want {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
}

// openToAll reports whether a caller without a credential is accepted.
func TestOpenToAll(t *testing.T) {
	for _, tt := range []struct {
		auth []string
		want bool
	}{
		{nil, false},
		{[]string{AuthAPIKey}, false},
		{[]string{AuthNone}, true},
		{[]string{AuthAPIKey, AuthNone}, true},
		{[]string{AuthProof}, true},
		{[]string{AuthJWT, AuthProof}, false},
		{[]string{AuthProof, AuthNone}, true},
	} {
		if got := newCallers(&Options{Config: Config{Auth: tt.auth}, Tokens: subjects{}}).openToAll(); got != tt.want {
			t.Errorf("%q: got %v, want %v", tt.auth, got, tt.want)
		}
	}
}

// Clients stay connected if new rules require the same credentials as before.
func TestSameRules(t *testing.T) {
	rules := func(auth []string, keys ...string) *callerRules {
		opt := &Options{Config: Config{Auth: auth}}
		for _, k := range keys {
			opt.APIKeys = append(opt.APIKeys, APIKey{Name: "app", SHA256: hashOf(k)})
		}
		return newCallers(opt).rules.Load()
	}
	key, both := []string{AuthAPIKey}, []string{AuthAPIKey, AuthJWT}
	for _, tt := range []struct {
		name string
		a, b *callerRules
		want bool
	}{
		{"equal", rules(both, "a", "b"), rules(both, "a", "b"), true},
		{"another way", rules(key, "a"), rules(both, "a"), false},
		{"another key", rules(key, "a"), rules(key, "b"), false},
		{"one key more", rules(key, "a"), rules(key, "a", "b"), false},
	} {
		if got := tt.a.same(tt.b); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// The name of a caller with a certificate, for the audit log, is mtls and the common name, but
// not for a subscriber.
func TestCertificateNames(t *testing.T) {
	c := newCallers(&Options{Config: Config{Auth: []string{AuthMTLS}}})
	for _, tt := range []struct{ name, cn, tel, want string }{
		{"a backend", "app.example", "", "mtls:app.example"},
		{"a backend without a name", "", "", "mtls"},
		{"a subscriber", "app.example", "tel:+447700900123", "mtls"},
	} {
		cert := certificate(tt.cn)
		if tt.tel != "" {
			cert = certificate(tt.cn, tt.tel)
		}
		if by, v := c.identify(credential{cert: cert}, time.Now()); by.Name != tt.want || v.Code != 0 {
			t.Errorf("%s: got %q, %+v, want %q", tt.name, by.Name, v, tt.want)
		}
	}
}

// An empty key is no credential, and neither is a token that nobody verifies.
func TestNobodyByAccident(t *testing.T) {
	c := newCallers(&Options{Config: Config{Auth: []string{AuthAPIKey, AuthJWT}, APIKeys: []APIKey{{Name: "app", SHA256: hashOf("")}}}})
	for name, cred := range map[string]credential{"nothing": {}, "a token": {token: "447700900123"}, "a key": {apiKey: "x"}} {
		if by, v := c.identify(cred, time.Now()); v.Code != 401 {
			t.Errorf("%s: got %+v, %+v, want 401", name, by, v)
		}
	}
}
