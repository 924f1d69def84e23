package token

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
)

// The algorithms that are verified. Each key has one, so that a token cannot choose another
// algorithm for it.
const (
	hs256 = "HS256"
	rs256 = "RS256"
	es256 = "ES256"
	eddsa = "EdDSA"
)

var methods = []string{hs256, rs256, es256, eddsa}

// Bounds of the keys.
const (
	maxKeyFile = 256 << 10
	maxKeys    = 64
	minSecret  = 32   // octets of an HMAC secret (RFC 7518 §3.2)
	minRSA     = 2048 // bits (RFC 7518 §3.3)
)

// key is a key that a token may be signed with.
type key struct {
	id  string // kid; empty: none
	alg string
	key any // []byte, *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey, as alg says
}

type keys []key

// readKeys reads a file: a JWK set, PEM, or a secret. Everything in it must be valid.
func readKeys(file string) (*keys, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("keys of tokens: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err == nil && len(text) > maxKeyFile {
		err = errors.New("over 256 KiB")
	}
	if err != nil {
		return nil, fmt.Errorf("keys of tokens in %q: %w", file, err)
	}
	all, err := parseKeys(text)
	if err != nil {
		return nil, fmt.Errorf("keys of tokens in %q: %w", file, err)
	}
	return &all, nil
}

func parseKeys(text []byte) (all keys, err error) {
	text = bytes.TrimSpace(text)
	switch {
	case len(text) == 0:
		return nil, errors.New("there is none")
	case text[0] == '{':
		all, err = parseSet(text)
	case bytes.Contains(text, []byte("-----BEGIN ")):
		all, err = parsePEM(text)
	default:
		all, err = parseSecret(text)
	}
	if err == nil && len(all) > maxKeys {
		return nil, fmt.Errorf("more than %d", maxKeys)
	}
	return all, err
}

// parsePEM reads public keys and certificates. They have no kid.
func parsePEM(text []byte) (all keys, err error) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(text) {
		text = rest
		k, err := parseBlock(block)
		if err != nil {
			return nil, fmt.Errorf("number %d: %w", len(all)+1, err)
		}
		all = append(all, k)
	}
	if bytes.Contains(text, []byte("-----BEGIN ")) {
		return nil, fmt.Errorf("what follows number %d is cut off or no PEM", len(all))
	}
	return all, nil
}

func parseBlock(block *pem.Block) (key, error) {
	var public any
	var err error
	switch block.Type {
	case "PUBLIC KEY":
		public, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		public, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		var c *x509.Certificate
		if c, err = x509.ParseCertificate(block.Bytes); err == nil {
			public = c.PublicKey
		}
	default:
		err = fmt.Errorf("a %s: public keys are wanted", strings.ToLower(block.Type))
	}
	if err != nil {
		return key{}, err
	}
	return newKey("", public)
}

// newKey returns a key with the algorithm of its type.
func newKey(id string, public any) (key, error) {
	k := key{id: id, key: public}
	switch p := public.(type) {
	case *rsa.PublicKey:
		k.alg = rs256
		if p.N.BitLen() < minRSA {
			return k, fmt.Errorf("RSA of %d bits: at least %d are wanted", p.N.BitLen(), minRSA)
		}
	case *ecdsa.PublicKey:
		k.alg = es256
		if p.Curve != elliptic.P256() {
			return k, errors.New("an elliptic curve other than P-256")
		}
	case ed25519.PublicKey:
		k.alg = eddsa
	case []byte:
		k.alg = hs256
		if len(p) < minSecret {
			return k, fmt.Errorf("a secret of %d octets: at least %d are wanted", len(p), minSecret)
		}
	default:
		return k, fmt.Errorf("a key of type %T", public)
	}
	return k, nil
}

// parseSecret reads one line as a secret, unless it looks like a public key, with which
// anyone could sign.
func parseSecret(text []byte) (keys, error) {
	s := string(text)
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return nil, errors.New("neither PEM, nor a JWK set, nor a secret in one line")
	}
	if strings.HasPrefix(s, "ssh-") || strings.HasPrefix(s, "ecdsa-") || isPublic(s) {
		return nil, errors.New("a public key without its PEM lines is no secret")
	}
	k, err := newKey("", text)
	if err != nil {
		return nil, err
	}
	return keys{k}, nil
}

// isPublic reports whether a text is a public key or a certificate in base64.
func isPublic(s string) bool {
	der, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return false
	}
	_, pkix := x509.ParsePKIXPublicKey(der)
	_, pkcs1 := x509.ParsePKCS1PublicKey(der)
	_, cert := x509.ParseCertificate(der)
	return pkix == nil || pkcs1 == nil || cert == nil
}

// candidates returns the keys that a token may be signed with: those of its algorithm
// that have its kid, or have none.
func (ks keys) candidates(t *jwt.Token) (any, error) {
	if _, critical := t.Header["crit"]; critical {
		return nil, errCritical // RFC 7515 §4.1.11: no critical header is supported
	}
	id, named := t.Header["kid"].(string)
	var set jwt.VerificationKeySet
	for _, k := range ks {
		if k.alg == t.Method.Alg() && (!named || k.id == "" || k.id == id) {
			set.Keys = append(set.Keys, k.key)
		}
	}
	if len(set.Keys) == 0 {
		return nil, errors.New("no key for it")
	}
	return set, nil
}
