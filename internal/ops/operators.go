package ops

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"
)

// Person is somebody, or a program, that may use the operator's interface: known by a token, by a client
// certificate, or by either.
type Person struct {
	Name        string // for the log
	Roles       Roles
	SHA256      string // of the token, in hex; empty: none
	Certificate string // the common name, DNS name or e-mail address in the certificate; empty: none
}

// Access says who may use the operator's interface, and from where.
type Access struct {
	Hosts     []string // names that may stand in Host, beside those of loopback and the listener's address
	Operators []Person // empty: everybody who reaches the listener may do everything

	MetricsApart bool // metrics have a listener of their own
}

var (
	errNoCredential = errors.New("a token is needed, as Authorization: Bearer TOKEN, or a client certificate")
	errUnknown      = errors.New("the token or certificate is nobody's in ops.operators")
)

// identify returns who sends a request.
func (a *Access) identify(r *http.Request) (*Person, error) {
	token := bearer(r)
	if p := a.byToken(token); p != nil {
		return p, nil
	}
	if r.TLS != nil && len(r.TLS.VerifiedChains) > 0 {
		if p := a.byCertificate(r.TLS.VerifiedChains[0][0]); p != nil {
			return p, nil
		}
		return nil, errUnknown
	}
	if token == "" {
		return nil, errNoCredential
	}
	return nil, errUnknown
}

func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// byToken compares with all tokens, so that its time does not depend on the token.
func (a *Access) byToken(token string) (by *Person) {
	sum := sha256.Sum256([]byte(token))
	for i := range a.Operators {
		known, err := hex.DecodeString(a.Operators[i].SHA256)
		if err == nil && subtle.ConstantTimeCompare(known, sum[:]) == 1 && token != "" {
			by = &a.Operators[i]
		}
	}
	return by
}

func (a *Access) byCertificate(c *x509.Certificate) *Person {
	for i := range a.Operators {
		name := a.Operators[i].Certificate
		if name != "" && (c.Subject.CommonName == name || slices.Contains(c.DNSNames, name) || slices.Contains(c.EmailAddresses, name)) {
			return &a.Operators[i]
		}
	}
	return nil
}
