package transport

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"readback/internal/setting"
)

// The largest files that are read. The authorities of a whole system take 250 KiB, and a list of a hundred thousand
// certificates that are revoked 4 MiB.
const (
	maxPEM     = 4 << 20
	maxRevoked = 64 << 20
)

// readPair reads a certificate, with those that lead to its root, and its key.
func readPair(cert, key string) (tls.Certificate, error) {
	pair, err := loadPair(cert, key)
	if err != nil {
		return pair, fmt.Errorf("certificate %q with key %q: %w", cert, key, err)
	}
	return pair, nil
}

func loadPair(cert, key string) (pair tls.Certificate, err error) {
	certText, err := setting.ReadFile(cert, maxPEM)
	if err != nil {
		return pair, err
	}
	keyText, err := setting.ReadFile(key, maxPEM)
	if err != nil {
		return pair, err
	}
	return tls.X509KeyPair(certText, keyText)
}

// ReadPool reads the certificates of authorities. The whole file must be valid, since half of
// it may mean half of the clients.
func ReadPool(file string) (*x509.CertPool, error) {
	all, err := readAuthorities(file)
	if err != nil {
		return nil, err
	}
	return newPool(all), nil
}

func newPool(all []*x509.Certificate) *x509.CertPool {
	pool := x509.NewCertPool()
	for _, c := range all {
		pool.AddCert(c)
	}
	return pool
}

func readAuthorities(file string) ([]*x509.Certificate, error) {
	text, err := setting.ReadFile(file, maxPEM)
	if err != nil {
		return nil, fmt.Errorf("certificates of authorities: %w", err)
	}
	all, err := parseCertificates(text)
	if err != nil {
		return nil, fmt.Errorf("certificates of authorities in %q: %w", file, err)
	}
	return all, nil
}

func parseCertificates(text []byte) (all []*x509.Certificate, err error) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(text) {
		text = rest
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("number %d: %w", len(all)+1, err)
		}
		all = append(all, c)
	}
	switch {
	case bytes.Contains(text, []byte("-----BEGIN ")):
		return nil, fmt.Errorf("what follows number %d is cut off or no PEM", len(all))
	case len(all) == 0:
		return nil, errors.New("there is none")
	}
	return all, nil
}
