package token

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
)

// jwk is a JSON Web Key (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2).
type jwk struct {
	Type    string `json:"kty"`
	Use     string `json:"use"`
	Alg     string `json:"alg"`
	ID      string `json:"kid"`
	Curve   string `json:"crv"`
	N       octets `json:"n"`
	E       octets `json:"e"`
	X       octets `json:"x"`
	Y       octets `json:"y"`
	Secret  octets `json:"k"`
	Private octets `json:"d"`
}

// octets are written in base64url without padding.
type octets []byte

func (o *octets) UnmarshalJSON(text []byte) error {
	var s string
	err := json.Unmarshal(text, &s)
	if err == nil {
		*o, err = base64.RawURLEncoding.DecodeString(s)
	}
	return err
}

// parseSet reads a JWK set (RFC 7517 §5). Keys for something else than to verify by one of
// our algorithms are passed over, as the standard has it.
func parseSet(text []byte) (all keys, err error) {
	var set struct {
		Keys []jwk `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, fmt.Errorf("JWK set: %w", err)
	}
	for i, j := range set.Keys {
		if j.Use != "" && j.Use != "sig" {
			continue
		}
		public, err := j.public()
		var k key
		if err == nil && public != nil {
			k, err = newKey(j.ID, public)
		}
		switch {
		case err != nil:
			return nil, fmt.Errorf("JWK set: number %d: %w", i+1, err)
		case public != nil && (j.Alg == "" || j.Alg == k.alg):
			all = append(all, k)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("JWK set: no key for HS256, RS256, ES256 or EdDSA")
	}
	return all, nil
}

// public returns the key; nil if it is of a kind that is not used here.
func (j *jwk) public() (any, error) {
	switch {
	case j.Private != nil:
		return nil, errors.New("a private key: public keys are wanted")
	case j.Type == "oct":
		return []byte(j.Secret), nil
	case j.Type == "RSA":
		e := new(big.Int).SetBytes(j.E)
		if !e.IsInt64() || e.Int64() < 3 || e.Int64() > 1<<31-1 || e.Bit(0) == 0 {
			return nil, errors.New("not an exponent of RSA")
		}
		return &rsa.PublicKey{N: new(big.Int).SetBytes(j.N), E: int(e.Int64())}, nil
	case j.Type == "EC" && j.Curve == "P-256":
		if len(j.X) != 32 || len(j.Y) != 32 {
			return nil, errors.New("not a point of P-256")
		}
		point := append(append([]byte{4}, j.X...), j.Y...)
		return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	case j.Type == "OKP" && j.Curve == "Ed25519":
		if len(j.X) != ed25519.PublicKeySize {
			return nil, errors.New("not a key of Ed25519")
		}
		return ed25519.PublicKey(j.X), nil
	}
	return nil, nil
}
