package token

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
)

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// set is a JWK set of the test's keys, each with its kind as kid, and changes to the key
// of one kind.
func set(t *testing.T, kind string, changes map[string]any) []byte {
	t.Helper()
	rs := signers()[rs256].Public().(*rsa.PublicKey)
	ec, err := signers()[es256].Public().(*ecdsa.PublicKey).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]any{
		rs256: {"kty": "RSA", "n": b64(rs.N.Bytes()), "e": b64(big.NewInt(int64(rs.E)).Bytes()), "use": "sig"},
		es256: {"kty": "EC", "crv": "P-256", "x": b64(ec[1:33]), "y": b64(ec[33:]), "alg": es256},
		eddsa: {"kty": "OKP", "crv": "Ed25519", "x": b64(signers()[eddsa].Public().(ed25519.PublicKey))},
		hs256: {"kty": "oct", "k": b64([]byte(secret))},
	}
	var keys []any
	for id, k := range all {
		k["kid"] = id
		if id == kind {
			for name, v := range changes {
				k[name] = v
			}
		}
		keys = append(keys, k)
	}
	text, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestSet(t *testing.T) {
	v := verifier(t, set(t, "", nil))
	for _, alg := range methods {
		if got, err := v.Subject(sign(t, alg, good(), nil, "kid", alg), now); got != "+447700900123" {
			t.Errorf("%s: got %q, %v", alg, got, err)
		}
		if got, err := v.Subject(sign(t, alg, good(), nil), now); got != "+447700900123" {
			t.Errorf("%s without kid: got %q, %v", alg, got, err)
		}
		if got, err := v.Subject(sign(t, alg, good(), nil, "kid", "other"), now); err == nil {
			t.Errorf("%s with an unknown kid: got %q, want an error", alg, got)
		}
	}
	// What is public of the other keys is no secret.
	public := signers()[eddsa].Public().(ed25519.PublicKey)
	if got, err := v.Subject(sign(t, hs256, good(), []byte(public), "kid", eddsa), now); err == nil {
		t.Errorf("HS256 with a public key: got %q, want an error", got)
	}
}

// ecX is the first coordinate of the elliptic key.
func ecX(t *testing.T) []byte {
	t.Helper()
	point, err := signers()[es256].Public().(*ecdsa.PublicKey).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return point[1:33]
}

func TestSetChanges(t *testing.T) {
	tests := []struct {
		name, kind string
		changes    map[string]any
		want       string // in the error; empty: the key is passed over
	}{
		{"for encryption", es256, map[string]any{"use": "enc"}, ""},
		{"for another algorithm", rs256, map[string]any{"alg": "RS512"}, ""},
		{"another curve", es256, map[string]any{"crv": "P-384"}, ""},
		{"unknown type", eddsa, map[string]any{"kty": "AKP"}, ""},
		{"private", es256, map[string]any{"d": b64([]byte("private"))}, "private key"},
		{"point off the curve", es256, map[string]any{"x": b64(make([]byte, 32))}, "not on the specified curve"},
		{"short point", es256, map[string]any{"y": b64(make([]byte, 31))}, "P-256"},
		{"long point", es256, map[string]any{"x": b64(append([]byte{0}, ecX(t)...))}, "P-256"},
		{"short modulus", rs256, map[string]any{"n": b64(make([]byte, 128))}, "at least 2048"},
		{"exponent 1", rs256, map[string]any{"e": b64([]byte{1})}, `"e" is out of range`},
		{"even exponent", rs256, map[string]any{"e": b64([]byte{4})}, "exponent 4"},
		{"exponent over 64 bits", rs256, map[string]any{"e": b64([]byte{1, 0, 0, 0, 0, 0, 1, 0, 1})}, "E in marshal does not match"},
		{"no exponent", rs256, map[string]any{"e": ""}, `requires parameters "n" and "e"`},
		{"short secret", hs256, map[string]any{"k": b64([]byte("secret"))}, "at least 32"},
		{"short Ed25519", eddsa, map[string]any{"x": b64([]byte("x"))}, "32 bytes"},
		{"padding alone", eddsa, map[string]any{"x": "=="}, "padding"},
		{"padding", hs256, map[string]any{"k": base64.URLEncoding.EncodeToString([]byte(secret))}, "padding"},
		{"no base64", eddsa, map[string]any{"x": "!"}, "illegal base64"},
		{"number for text", eddsa, map[string]any{"x": 7}, "JWK set"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			all, err := parseKeys(set(t, tt.kind, tt.changes))
			switch {
			case tt.want == "" && (err != nil || len(all) != len(methods)-1):
				t.Errorf("got %d keys, %v, want the others", len(all), err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n")):
				t.Errorf("got %v, want %q in one line", err, tt.want)
			}
		})
	}
}

// TestSetTakes has keys that are written in another way, and what a set may say beside a key.
func TestSetTakes(t *testing.T) {
	rs := signers()[rs256].Public().(*rsa.PublicKey)
	tests := []struct {
		name, kind string
		changes    map[string]any
	}{
		{"zeros in front", rs256, map[string]any{"n": b64(append([]byte{0}, rs.N.Bytes()...)), "e": b64([]byte{0, 1, 0, 1})}},
		{"certificates and operations", es256, map[string]any{"x5c": []string{"!"}, "x5u": "ftp://h/", "x5t": "!", "key_ops": "?"}},
		{"unknown member", eddsa, map[string]any{"exp": 7}},
		{"kid of another key", eddsa, map[string]any{"kid": es256}},
		{"no kid", eddsa, map[string]any{"kid": ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := verifier(t, set(t, tt.kind, tt.changes))
			for _, alg := range methods {
				kid := alg
				if id, ok := tt.changes["kid"].(string); ok && alg == tt.kind {
					kid = id
				}
				if got, err := v.Subject(sign(t, alg, good(), nil, "kid", kid), now); got != "+447700900123" {
					t.Errorf("%s: got %q, %v", alg, got, err)
				}
			}
		})
	}
	one := `{"kty":"oct","kid":"a","k":"` + b64([]byte(strings.Repeat("y", 40))) + `"}`
	v := verifier(t, []byte(`{"keys":[`+one+`,{"kty":"oct","kid":"a","k":"`+b64([]byte(secret))+`"}]}`))
	if got, err := v.Subject(sign(t, hs256, good(), nil, "kid", "a"), now); got != "+447700900123" {
		t.Errorf("second key with one kid: got %q, %v", got, err)
	}
}

func TestParseKeysRefuses(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	wide, err := x509.MarshalPKIXPublicKey(&p384.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(signers()[es256])
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(publicPEM(rs256))
	tests := []struct{ name, text, want string }{
		{"empty", " \n", "there is none"},
		{"short secret", "secret", "at least 32"},
		{"two lines", secret + "\n" + secret, "neither PEM"},
		{"octets", secret + "\xff", "neither PEM"},
		{"DER", string(block.Bytes), "neither PEM"},
		{"base64 of a public key", base64.StdEncoding.EncodeToString(block.Bytes), "public key"},
		{"SSH key", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ", "public key"},
		{"private key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})), "private key"},
		{"P-384", string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: wide})), "P-256"},
		{"PEM cut off", string(publicPEM(es256)) + string(publicPEM(eddsa)[:60]), "cut off"},
		{"no JSON", `{"keys":`, "JWK set"},
		{"empty set", `{"keys":[]}`, "no key"},
		{"too many", strings.Repeat(string(publicPEM(es256)), maxKeys+1), "more than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if all, err := parseKeys([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %d keys, %v, want %q", len(all), err, tt.want)
			}
		})
	}
}

// FuzzParseKeys: each key that is taken has the type of its algorithm.
func FuzzParseKeys(f *testing.F) {
	f.Add(publicPEM(es256))
	f.Add([]byte(secret))
	f.Add([]byte(`{"keys":[{"kty":"oct","k":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"},{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		all, err := parseKeys(text)
		if err == nil && len(all) == 0 {
			t.Error("got no key and no error")
		}
		for _, k := range all {
			if again, err := newKey(k.id, k.key); err != nil || again.alg != k.alg {
				t.Errorf("got a key for %s that is for %s, %v", k.alg, again.alg, err)
			}
		}
	})
}
