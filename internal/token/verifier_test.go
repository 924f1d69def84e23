package token

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

func TestSubject(t *testing.T) {
	pems := slices.Concat(publicPEM(rs256), publicPEM(es256), publicPEM(eddsa))
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	tests := []struct {
		name  string
		keys  []byte
		token string
		want  string // empty: refused
	}{
		{"HS256", []byte(secret + "\n"), sign(t, hs256, good(), nil), "+447700900123"},
		{"RS256", pems, sign(t, rs256, good(), nil), "+447700900123"},
		{"ES256", pems, sign(t, es256, good(), nil), "+447700900123"},
		{"EdDSA", pems, sign(t, eddsa, good(), nil), "+447700900123"},
		{"sub without msisdn", pems, sign(t, es256, good("msisdn", nil), nil), "someone"},
		{"several audiences", pems, sign(t, es256, good("aud", []string{"x", "readback"}), nil), "+447700900123"},
		{"no nbf", pems, sign(t, es256, good("nbf", nil), nil), "+447700900123"},
		{"expired within the leeway", pems, sign(t, es256, good("exp", at(-29*time.Second)), nil), "+447700900123"},
		{"begins within the leeway", pems, sign(t, es256, good("nbf", at(29*time.Second)), nil), "+447700900123"},
		{"kid that PEM does not have", pems, sign(t, es256, good(), nil, "kid", "a"), "+447700900123"},

		{"nobody", pems, sign(t, es256, good("msisdn", nil, "sub", nil), nil), ""},
		{"expired", pems, sign(t, es256, good("exp", at(-31*time.Second)), nil), ""},
		{"no exp", pems, sign(t, es256, good("exp", nil), nil), ""},
		{"exp as text", pems, sign(t, es256, good("exp", "tomorrow"), nil), ""},
		{"not yet", pems, sign(t, es256, good("nbf", at(31*time.Second)), nil), ""},
		{"issued in the future", pems, sign(t, es256, good("iat", at(31*time.Second)), nil), ""},
		{"other issuer", pems, sign(t, es256, good("iss", "https://id.example.org"), nil), ""},
		{"no issuer", pems, sign(t, es256, good("iss", nil), nil), ""},
		{"other audience", pems, sign(t, es256, good("aud", "mail"), nil), ""},
		{"no audience", pems, sign(t, es256, good("aud", nil), nil), ""},
		{"msisdn as number", pems, sign(t, es256, good("msisdn", 447700900123), nil), ""},
		{"another secret", []byte(secret), sign(t, hs256, good(), []byte(strings.Repeat("x", 32))), ""},
		{"alg none", pems, sign(t, "none", good(), jwt.UnsafeAllowNoneSignatureType), ""},
		{"alg none against a secret", []byte(secret), sign(t, "none", good(), jwt.UnsafeAllowNoneSignatureType), ""},
		{"HS256 with the public key", pems, sign(t, hs256, good(), pems), ""},
		{"HS256 with one public key", pems, sign(t, hs256, good(), publicPEM(rs256)), ""},
		{"RS384", pems, sign(t, "RS384", good(), signers()[rs256]), ""},
		{"PS256", pems, sign(t, "PS256", good(), signers()[rs256]), ""},
		{"HS512", []byte(secret), sign(t, "HS512", good(), []byte(secret)), ""},
		{"critical header", pems, sign(t, es256, good(), nil, "crit", "exp"), ""},
		{"empty", pems, "", ""},
		{"no token", pems, "a.b.c", ""},
		{"too long", pems, sign(t, es256, good("pad", strings.Repeat("x", 8<<10)), nil), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := verifier(t, tt.keys).Subject(tt.token, now)
			if got != tt.want || (err != nil) != (tt.want == "") {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

// TestCutToken refuses a token that is cut or has any octet changed.
func TestCutToken(t *testing.T) {
	v := verifier(t, []byte(secret))
	token := sign(t, hs256, good(), nil)
	for i := range len(token) {
		other := []byte(token)
		other[i] ^= 4 // not among the bits that base64 leaves unused at an end
		for _, s := range []string{token[:i], string(other)} {
			if got, err := v.Subject(s, now); err == nil {
				t.Fatalf("cut or changed at %d: got %q, want an error", i, got)
			}
		}
	}
}

// TestWatch swaps the keys when the file changes, and keeps them when it is bad.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := verifier(t, []byte(secret))
		other := strings.Repeat("y", 40)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); v.Watch(ctx, time.Minute) }()
		check := func(name, text string, wantOld, wantNew bool) {
			t.Helper()
			if err := os.WriteFile(v.opt.Keys, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			<-time.After(61 * time.Second)
			synctest.Wait()
			_, errOld := v.Subject(sign(t, hs256, good(), nil), now)
			_, errNew := v.Subject(sign(t, hs256, good(), []byte(other)), now)
			if errOld == nil != wantOld || errNew == nil != wantNew {
				t.Errorf("%s: got %v for the old key and %v for the new one", name, errOld, errNew)
			}
		}
		check("bad file", "short", true, false)
		check("new file", other, false, true)
		cancel()
		<-done
	})
}

// FuzzSubject: nobody gets in without the key, whatever is shown.
func FuzzSubject(f *testing.F) {
	f.Add("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.")
	f.Add("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIiwiZXhwIjo5OTk5OTk5OTk5fQ.AAAA")
	all, err := parseKeys([]byte(secret))
	if err != nil {
		f.Fatal(err)
	}
	v := &Verifier{}
	v.keys.Read = func() (*keys, error) { return &all, nil }
	if err := v.keys.Reload(); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if got, err := v.Subject(token, now); err == nil {
			t.Errorf("got %q", got)
		}
	})
}
