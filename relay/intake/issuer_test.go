package intake

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"readback/internal/token"
)

// issuer signs tokens as the one whom the operator trusts.
type issuer struct {
	t      testing.TB
	key    *ecdsa.PrivateKey
	public []byte // PEM, as in the file
}

func newIssuer(t testing.TB) *issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return &issuer{t, key, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})}
}

func (i *issuer) verifier() *token.Verifier {
	i.t.Helper()
	file := filepath.Join(i.t.TempDir(), "keys.pem")
	if err := os.WriteFile(file, i.public, 0o600); err != nil {
		i.t.Fatal(err)
	}
	v, err := token.NewVerifier(token.Options{Keys: file, Issuer: "id.example"}, slog.New(slog.DiscardHandler))
	if err != nil {
		i.t.Fatal(err)
	}
	return v
}

// token is one for a receiver; alg and key nil are the right ones.
func (i *issuer) token(receiver, by string, lasts time.Duration, alg jwt.SigningMethod, key any) string {
	i.t.Helper()
	if alg == nil {
		alg, key = jwt.SigningMethodES256, i.key
	}
	s, err := jwt.NewWithClaims(alg, jwt.MapClaims{
		"sub": receiver, "iss": by, "exp": time.Now().Add(lasts).Unix(),
	}).SignedString(key)
	if err != nil {
		i.t.Fatal(err)
	}
	return "Bearer " + s
}
