package access

import (
	"testing"
	"time"
)

// IsOpenToAll reports whether a caller without a credential is accepted.
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
		if got := NewCallers(Rules{Auth: tt.auth, Tokens: ownTokens{}}).IsOpenToAll(); got != tt.want {
			t.Errorf("%q: got %v, want %v", tt.auth, got, tt.want)
		}
	}
}

// Set reports a change unless the new rules require the same credentials as before.
func TestSetReportsAChange(t *testing.T) {
	rules := func(auth []string, keys ...string) Rules {
		r := Rules{Auth: auth}
		for _, k := range keys {
			r.APIKeys = append(r.APIKeys, APIKey{Name: "app", SHA256: digest(k)})
		}
		return r
	}
	key, both := []string{AuthAPIKey}, []string{AuthAPIKey, AuthJWT}
	for _, tt := range []struct {
		name string
		a, b Rules
		want bool // changed
	}{
		{"equal", rules(both, "a", "b"), rules(both, "a", "b"), false},
		{"another way", rules(key, "a"), rules(both, "a"), true},
		{"another key", rules(key, "a"), rules(key, "b"), true},
		{"one key more", rules(key, "a"), rules(key, "a", "b"), true},
	} {
		if got := NewCallers(tt.a).Set(tt.b); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// The name of a caller with a certificate, for the audit log, is mtls and the common name, but
// not for a subscriber.
func TestCertificateNames(t *testing.T) {
	c := NewCallers(Rules{Auth: []string{AuthMTLS}})
	for _, tt := range []struct{ name, cn, tel, want string }{
		{"a backend", "app.example", "", "mtls:app.example"},
		{"a backend without a name", "", "", "mtls"},
		{"a subscriber", "app.example", "tel:+447700900123", "mtls"},
	} {
		cert := certificate(tt.cn)
		if tt.tel != "" {
			cert = certificate(tt.cn, tt.tel)
		}
		if by, err := c.Identify(Credential{Certificate: cert}, time.Now()); by.Name != tt.want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", tt.name, by.Name, err, tt.want)
		}
	}
}

// An empty key is no credential, and neither is a token that nobody verifies.
func TestNobodyByAccident(t *testing.T) {
	c := NewCallers(Rules{Auth: []string{AuthAPIKey, AuthJWT}, APIKeys: []APIKey{{Name: "app", SHA256: digest("")}}})
	for name, cred := range map[string]Credential{"nothing": {}, "a token": {Token: "447700900123"}, "a key": {APIKey: "x"}} {
		if by, err := c.Identify(cred, time.Now()); err == nil {
			t.Errorf("%s: got %+v, want an error", name, by)
		}
	}
}
