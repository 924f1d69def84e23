package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const secret = "0123456789abcdef0123456789abcdef"

// signers are one key of each kind, made once: RSA takes its time.
var signers = sync.OnceValue(func() map[string]crypto.Signer {
	ec, err1 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, ed, err2 := ed25519.GenerateKey(rand.Reader)
	rs, err3 := rsa.GenerateKey(rand.Reader, 2048)
	if err1 != nil || err2 != nil || err3 != nil {
		panic(fmt.Sprint(err1, err2, err3))
	}
	return map[string]crypto.Signer{es256: ec, eddsa: ed, rs256: rs}
})

// publicPEM is the public key of a kind.
func publicPEM(alg string) []byte {
	der, err := x509.MarshalPKIXPublicKey(signers()[alg].Public())
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// now is when the tokens of the tests are shown.
var now = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// good are the claims of a token that is to be taken, with changes.
func good(changes ...any) jwt.MapClaims {
	c := jwt.MapClaims{
		"msisdn": "+447700900123", "sub": "someone", "iss": "https://id.example", "aud": "readback",
		"exp": now.Add(time.Minute).Unix(), "nbf": now.Add(-time.Minute).Unix(), "iat": now.Add(-time.Minute).Unix(),
	}
	for i := 0; i < len(changes); i += 2 {
		key := changes[i].(string)
		if c[key] = changes[i+1]; c[key] == nil {
			delete(c, key)
		}
	}
	return c
}

// sign makes a token; key nil is the one of the kind.
func sign(t *testing.T, alg string, c jwt.MapClaims, key any, header ...string) string {
	t.Helper()
	tok := jwt.NewWithClaims(jwt.GetSigningMethod(alg), c)
	for i := 0; i < len(header); i += 2 {
		tok.Header[header[i]] = header[i+1]
	}
	switch {
	case key != nil:
	case alg == hs256:
		key = []byte(secret)
	default:
		key = signers()[alg]
	}
	s, err := tok.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// verifier verifies by a file with this text.
func verifier(t *testing.T, text []byte) *Verifier {
	t.Helper()
	file := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	v, err := NewVerifier(Options{
		Keys: file, Leeway: 30 * time.Second, Issuer: "https://id.example", Audience: "readback",
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return v
}
