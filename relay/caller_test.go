package relay

import (
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"readback/relay/relaytest"
)

func hashOf(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// subjects are Tokens that stand for themselves; those with a blank are bad.
type subjects struct{}

func (subjects) Subject(token string, _ time.Time) (string, error) {
	if strings.Contains(token, " ") {
		return "", errors.New("token is bad")
	}
	return token, nil
}

func certificate(cn string, uris ...string) *x509.Certificate {
	c := &x509.Certificate{Subject: pkix.Name{CommonName: cn}}
	for _, s := range uris {
		u, err := url.Parse(s)
		if err != nil {
			panic(err)
		}
		c.URIs = append(c.URIs, u)
	}
	return c
}

func TestIdentify(t *testing.T) {
	all := []string{AuthAPIKey, AuthJWT, AuthMTLS}
	tests := []struct {
		name string
		auth []string
		cred credential
		want string // name, receiver, +proof and what it is told without one; or why not
	}{
		{"nothing", all, credential{}, "401 no credential"},
		{"key", all, credential{apiKey: "secret"}, "app "},
		{"key as token", []string{AuthAPIKey}, credential{token: "secret"}, "app "},
		{"wrong key", []string{AuthAPIKey}, credential{apiKey: "secret1"}, "401 no valid credential"},
		{"key where none is taken", []string{AuthMTLS}, credential{apiKey: "secret"}, "401 no valid credential"},
		{"token", all, credential{token: "+447700900123"}, "jwt 447700900123"},
		{"bad token", all, credential{token: "a b"}, "401 token is bad"},
		{"token of nobody", all, credential{token: strings.Repeat("1", 21)}, "401 token names no subscriber"},
		{"token where none is taken", []string{AuthAPIKey}, credential{token: "+447700900123"}, "401 no valid credential"},
		{"wrong key and token", all, credential{apiKey: "x", token: "+447700900123"}, "jwt 447700900123"},
		{"certificate of a backend", all, credential{cert: certificate("app.example")}, "mtls:app.example "},
		{"certificate of a subscriber", all, credential{cert: certificate("", "tel:+447700900123")}, "mtls 447700900123"},
		{"certificate of somebody", all, credential{cert: certificate("app", "tel:911")}, "401 no valid credential"},
		{"certificate where none is taken", []string{AuthJWT}, credential{cert: certificate("app.example")}, "401 no valid credential"},
		{"proof", []string{AuthJWT, AuthProof}, credential{}, "proof +proof"},
		{"proof and a bad token", []string{AuthJWT, AuthProof}, credential{token: "a b"}, "proof +proof, else 401 token is bad"},
		{"proof and a wrong key", []string{AuthAPIKey, AuthProof}, credential{apiKey: "x"}, "proof +proof, else 401 no valid credential"},
		{"proof alone, and a key", []string{AuthProof}, credential{apiKey: "x"}, "proof +proof"},
		{"proof and a token", []string{AuthProof, AuthJWT}, credential{token: "447700900123"}, "jwt 447700900123"},
		{"none", []string{AuthNone}, credential{}, "none "},
		{"none and a token", []string{AuthNone, AuthJWT}, credential{token: "447700900123"}, "jwt 447700900123"},
		{"nobody", nil, credential{apiKey: "secret"}, "401 no valid credential"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			keys := []APIKey{{Name: "other", SHA256: hashOf("other")}, {Name: "app", SHA256: hashOf("secret")}}
			c := newCallers(&Options{Config: Config{Auth: tt.auth, APIKeys: keys}, Tokens: subjects{}})
			by, v := c.identify(tt.cred, time.Now())
			got := by.Name + " " + by.Receiver.String()
			switch {
			case v.Code != 0:
				got = "401 " + v.Reason
			case by.NeedsProof:
				got += "+proof"
			}
			if by.refused != "" {
				got += ", else 401 " + by.refused
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSubscriberOf(t *testing.T) {
	tests := []struct {
		name string
		cert *x509.Certificate
		want string // empty: a backend; "none": nobody
	}{
		{"backend", certificate("app.example"), ""},
		{"no name", certificate(""), ""},
		{"another URI", certificate("app.example", "spiffe://example/app"), ""},
		{"number as name", certificate("+447700900123"), "447700900123"},
		{"digits as name", certificate("447700900123"), "447700900123"},
		{"number for the eye", certificate("+44 (7700) 900-123"), "447700900123"},
		{"few digits", certificate("1234"), ""},
		{"too many digits", certificate(strings.Repeat("1", 21)), ""},
		{"tel", certificate("app.example", "tel:+447700900123"), "447700900123"},
		{"tel before name", certificate("447700900999", "tel:+447700900123"), "447700900123"},
		{"tel with separators", certificate("", "TEL:+44-7700.(900)123"), "447700900123"},
		{"local tel", certificate("app", "tel:7042;phone-context=example.com"), "none"},
		{"tel with parameters", certificate("app", "tel:+447700900123;ext=1"), "none"},
		{"empty tel", certificate("app", "tel:"), "none"},
		{"two tels", certificate("app", "tel:+447700900123", "tel:+447700900124"), "none"},
		{"two tels, the first one bad", certificate("app", "tel:x", "tel:+447700900124"), "none"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, err := subscriberOf(tt.cert)
			got := a.String()
			if err != nil {
				got = "none"
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// A caller may submit only what its credential allows, also where there are no proofs.
func TestSubmitByCaller(t *testing.T) {
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	r.submit(c, "id1")
	tests := []struct {
		name  string
		by    Caller
		proof string
		code  int
		field string
	}{
		{"another receiver", Caller{Receiver: relaytest.Addr(t, "447700900199")}, "", 403, "receiver"},
		{"no proof", Caller{NeedsProof: true}, "", 403, "proof"},
		{"no proof, and a token that has expired", Caller{NeedsProof: true, refused: "token has expired"}, "", 401, ""},
		{"a proof that nobody can check", Caller{NeedsProof: true}, "00000000", 403, "proof"},
		{"a proof that nobody asks for", Caller{}, "00000000", 202, ""},
		{"its own", Caller{Receiver: c.Receiver}, "", 202, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rd := response(c, 1)
			rd.By, rd.Proof = tt.by, tt.proof
			if v := r.Reads().Submit(relaytest.Deadline(t), rd); v.Code != tt.code || v.Field != tt.field {
				t.Errorf("got %+v, want %d %s", v, tt.code, tt.field)
			}
		})
	}
}

func TestSetCallers(t *testing.T) {
	opt := testOptions(t)
	opt.Auth, opt.APIKeys = []string{AuthAPIKey}, []APIKey{{Name: "app", SHA256: hashOf("old")}}
	r := start(t, opt)
	code := func(key string) int {
		got, _ := r.call("POST", "/v1/reads", `{"receiver":"1","number":1}`, "X-API-Key", key)
		return got
	}
	if err := r.SetCallers(Options{Config: Config{Auth: []string{AuthJWT}}}); err == nil || code("old") != 404 {
		t.Errorf("bad rules: got %v and %d with the old key, want an error and 404", err, code("old"))
	}
	opt.APIKeys = []APIKey{{Name: "app", SHA256: hashOf("new")}}
	if err := r.SetCallers(opt); err != nil || code("old") != 401 || code("new") != 404 {
		t.Errorf("got %v, %d with the old key and %d with the new one", err, code("old"), code("new"))
	}
}

// No request is accepted without the key, whatever its headers are.
func FuzzCredential(f *testing.F) {
	f.Add("Authorization", "Bearer secret", "X-API-Key", "")
	f.Add("x-api-key", "a", "authorization", "bearer  b")
	rules := newCallers(&Options{Config: Config{Auth: []string{AuthAPIKey}, APIKeys: []APIKey{{Name: "app", SHA256: hashOf("secret")}}}})
	f.Fuzz(func(t *testing.T, name1, value1, name2, value2 string) {
		headers := map[string][]string{name1: {value1}, name2: {value2}, "Empty": nil}
		cred := credentialOf(headers)
		_, v := rules.identify(cred, time.Time{})
		shown := strings.Contains(value1+value2, "secret")
		if v.Code == 0 && !shown || v.Code != 0 && v.Code != 401 {
			t.Errorf("headers %q: got %+v, %+v", headers, cred, v)
		}
	})
}
