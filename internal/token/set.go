package token

import (
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/MicahParks/jwkset"
)

// jwk is a key of a set (RFC 7517 §4). It has the members that make up a key and say what it
// is for. Other members of a set, such as certificates, do not matter.
type jwk struct {
	KTY jwkset.KTY      `json:"kty"`
	USE jwkset.USE      `json:"use"`
	ALG jwkset.ALG      `json:"alg"`
	KID string          `json:"kid"`
	CRV jwkset.CRV      `json:"crv"`
	N   string          `json:"n"`
	E   string          `json:"e"`
	X   string          `json:"x"`
	Y   string          `json:"y"`
	K   string          `json:"k"`
	D   json.RawMessage `json:"d"`
}

// parseSet reads a JWK set (RFC 7517 §5). It skips keys that are not for verifying by one of our
// algorithms, as the standard says.
func parseSet(text []byte) (all keys, err error) {
	var set struct {
		Keys []jwk `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, fmt.Errorf("JWK set: %w", err)
	}
	for i, j := range set.Keys {
		if j.USE != "" && j.USE != jwkset.UseSig {
			continue
		}
		k, err := j.parse()
		switch {
		case err != nil:
			return nil, fmt.Errorf("JWK set: number %d: %w", i+1, err)
		case k.alg != "" && (j.ALG == "" || j.ALG.String() == k.alg):
			all = append(all, k)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("JWK set: no key for HS256, RS256, ES256 or EdDSA")
	}
	return all, nil
}

// parse returns the key. Its alg is empty if the key is of a kind that is not used here.
func (j *jwk) parse() (key, error) {
	if j.D != nil {
		return key{}, errors.New("a private key: public keys are wanted")
	}
	if !j.isUsed() {
		return key{}, nil
	}
	if err := j.checkForm(); err != nil {
		return key{}, err
	}
	public, err := jwkset.NewJWKFromMarshal(
		jwkset.JWKMarshal{KTY: j.KTY, CRV: j.CRV, N: j.N, E: j.E, X: j.X, Y: j.Y, K: j.K},
		jwkset.JWKMarshalOptions{Private: j.KTY == jwkset.KtyOct}, jwkset.JWKValidateOptions{})
	if err != nil {
		return key{}, errors.New(strings.ReplaceAll(err.Error(), "\n", ": ")) // jwkset joins errors with line breaks
	}
	if p, ok := public.Key().(*rsa.PublicKey); ok && (p.E < 3 || p.E%2 == 0) {
		return key{}, fmt.Errorf("RSA with exponent %d", p.E)
	}
	return newKey(j.KID, public.Key())
}

// isUsed reports whether the key is of a type and on a curve that one of our algorithms has.
func (j *jwk) isUsed() bool {
	switch j.KTY {
	case jwkset.KtyOct, jwkset.KtyRSA:
		return true
	case jwkset.KtyEC:
		return j.CRV == jwkset.CrvP256
	case jwkset.KtyOKP:
		return j.CRV == jwkset.CrvEd25519
	}
	return false
}

// lenCoordinate is how many characters the 32 octets of a coordinate are in base64url.
const lenCoordinate = 43

// checkForm refuses what the standard does not allow and jwkset does: octets that are written with
// padding (RFC 7515 §2), and coordinates that are not of full length (RFC 7518 §6.2.1.2).
func (j *jwk) checkForm() error {
	switch {
	case strings.Contains(j.N+j.E+j.X+j.Y+j.K, "="):
		return errors.New("base64url with padding")
	case j.KTY == jwkset.KtyEC && (len(j.X) != lenCoordinate || len(j.Y) != lenCoordinate):
		return errors.New("not a point of P-256")
	}
	return nil
}
