package transport

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"readback/internal/setting"
)

// revoked are the certificates that their authorities have taken back (RFC 5280 §5).
type revoked struct {
	serials map[string]bool // by issuer and serial number
	stale   []string        // issuers whose list should have been replaced by now
}

// readRevoked reads a file of lists of revoked certificates, in PEM or one in DER. Each must be signed by one of
// the authorities. The whole file must be valid.
func readRevoked(file string, authorities []*x509.Certificate) (*revoked, error) {
	text, err := setting.ReadFile(file, maxRevoked)
	if err != nil {
		return nil, fmt.Errorf("revoked certificates: %w", err)
	}
	r := &revoked{serials: make(map[string]bool)}
	if err := r.add(text, authorities); err != nil {
		return nil, fmt.Errorf("revoked certificates in %q: %w", file, err)
	}
	return r, nil
}

func (r *revoked) add(text []byte, authorities []*x509.Certificate) error {
	if !bytes.Contains(text, []byte("-----BEGIN ")) {
		return r.addList(text, authorities)
	}
	found := 0
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(text) {
		text = rest
		if block.Type != "X509 CRL" {
			continue
		}
		found++
		if err := r.addList(block.Bytes, authorities); err != nil {
			return fmt.Errorf("number %d: %w", found, err)
		}
	}
	switch {
	case bytes.Contains(text, []byte("-----BEGIN ")):
		return fmt.Errorf("what follows number %d is cut off or no PEM", found)
	case found == 0:
		return errors.New("there is no list (X509 CRL)")
	}
	return nil
}

func (r *revoked) addList(der []byte, authorities []*x509.Certificate) error {
	list, err := x509.ParseRevocationList(der)
	if err != nil {
		return err
	}
	if !isSigned(list, authorities) {
		return fmt.Errorf("the list of %s is not signed by an authority of client_ca", list.Issuer)
	}
	for _, c := range list.RevokedCertificateEntries {
		r.serials[string(list.RawIssuer)+c.SerialNumber.String()] = true
	}
	if !list.NextUpdate.IsZero() && list.NextUpdate.Before(time.Now()) {
		r.stale = append(r.stale, list.Issuer.String())
	}
	return nil
}

func isSigned(list *x509.RevocationList, authorities []*x509.Certificate) bool {
	for _, a := range authorities {
		if bytes.Equal(a.RawSubject, list.RawIssuer) && list.CheckSignatureFrom(a) == nil {
			return true
		}
	}
	return false
}

// check refuses a client if every way from its certificate to an authority has a revoked certificate.
func (r *revoked) check(state tls.ConnectionState) error {
	var err error
	for _, chain := range state.VerifiedChains {
		if err = r.checkChain(chain); err == nil {
			return nil
		}
	}
	return err
}

func (r *revoked) checkChain(chain []*x509.Certificate) error {
	for _, c := range chain {
		if r.serials[string(c.RawIssuer)+c.SerialNumber.String()] {
			return fmt.Errorf("the certificate of %s is revoked", c.Subject)
		}
	}
	return nil
}

// warn logs which lists are too old. They count all the same: without them, revoked certificates would.
func (r *revoked) warn(log *slog.Logger, file string) {
	for _, issuer := range r.stale {
		log.Warn("a list of revoked certificates should have been replaced by now", "issuer", issuer, "file", file)
	}
}
