package access

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"
)

// digest is the SHA-256 of a key, as in APIKey.
func digest(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// ownTokens are Tokens that name their subject; those with a blank are bad.
type ownTokens struct{}

func (ownTokens) Subject(token string, _ time.Time) (string, error) {
	if strings.Contains(token, " ") {
		return "", errors.New("token is bad")
	}
	return token, nil
}

func TestIdentify(t *testing.T) {
	all := []string{AuthAPIKey, AuthJWT, AuthMTLS}
	tests := []struct {
		name string
		auth []string
		cred Credential
		want string // name, receiver, +proof and what it is told without one; or why not
	}{
		{"nothing", all, Credential{}, "no credential"},
		{"key", all, Credential{APIKey: "secret"}, "app "},
		{"key as token", []string{AuthAPIKey}, Credential{Token: "secret"}, "app "},
		{"wrong key", []string{AuthAPIKey}, Credential{APIKey: "secret1"}, "no valid credential"},
		{"key where none is taken", []string{AuthMTLS}, Credential{APIKey: "secret"}, "no valid credential"},
		{"token", all, Credential{Token: "+447700900123"}, "jwt 447700900123"},
		{"bad token", all, Credential{Token: "a b"}, "token is bad"},
		{"token of nobody", all, Credential{Token: strings.Repeat("1", 21)}, "token names no subscriber"},
		{"token where none is taken", []string{AuthAPIKey}, Credential{Token: "+447700900123"}, "no valid credential"},
		{"wrong key and token", all, Credential{APIKey: "x", Token: "+447700900123"}, "jwt 447700900123"},
		{"certificate of a backend", all, Credential{Certificate: certificate("app.example")}, "mtls:app.example "},
		{"certificate of a subscriber", all, Credential{Certificate: certificate("", "tel:+447700900123")}, "mtls 447700900123"},
		{"certificate of somebody", all, Credential{Certificate: certificate("app", "tel:911")}, "no valid credential"},
		{"certificate where none is taken", []string{AuthJWT}, Credential{Certificate: certificate("app.example")}, "no valid credential"},
		{"proof", []string{AuthJWT, AuthProof}, Credential{}, "proof +proof"},
		{"proof and a bad token", []string{AuthJWT, AuthProof}, Credential{Token: "a b"}, "proof +proof, else token is bad"},
		{"proof and a wrong key", []string{AuthAPIKey, AuthProof}, Credential{APIKey: "x"}, "proof +proof, else no valid credential"},
		{"proof alone, and a key", []string{AuthProof}, Credential{APIKey: "x"}, "proof +proof"},
		{"proof and a token", []string{AuthProof, AuthJWT}, Credential{Token: "447700900123"}, "jwt 447700900123"},
		{"none", []string{AuthNone}, Credential{}, "none "},
		{"none and a token", []string{AuthNone, AuthJWT}, Credential{Token: "447700900123"}, "jwt 447700900123"},
		{"nobody", nil, Credential{APIKey: "secret"}, "no valid credential"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			keys := []APIKey{{Name: "other", SHA256: digest("other")}, {Name: "app", SHA256: digest("secret")}}
			c := NewCallers(Rules{Auth: tt.auth, APIKeys: keys, Tokens: ownTokens{}})
			by, err := c.Identify(tt.cred, time.Now())
			got := by.Name + " " + by.Receiver.String()
			switch {
			case err != nil:
				got = err.Error()
			case by.NeedsProof:
				got += "+proof"
			}
			if by.Refused != nil {
				got += ", else " + by.Refused.Error()
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// No request is accepted without the key, whatever its headers are.
func FuzzCredential(f *testing.F) {
	f.Add("Authorization", "Bearer secret", "X-API-Key", "")
	f.Add("x-api-key", "a", "authorization", "bearer  b")
	callers := NewCallers(Rules{Auth: []string{AuthAPIKey}, APIKeys: []APIKey{{Name: "app", SHA256: digest("secret")}}})
	f.Fuzz(func(t *testing.T, name1, value1, name2, value2 string) {
		headers := map[string][]string{name1: {value1}, name2: {value2}, "Empty": nil}
		cred := CredentialOf(headers)
		_, err := callers.Identify(cred, time.Time{})
		if shown := strings.Contains(value1+value2, "secret"); err == nil && !shown {
			t.Errorf("headers %q: got %+v, %v", headers, cred, err)
		}
	})
}
