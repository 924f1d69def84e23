package transport

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
)

// readPair reads a certificate, with those that lead to its root, and its key.
func readPair(cert, key string) (tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return pair, fmt.Errorf("certificate %q with key %q: %w", cert, key, err)
	}
	return pair, nil
}

// ReadPool reads the certificates of authorities. The whole file must be valid, since half of
// it may mean half of the clients.
func ReadPool(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("certificates of authorities: %w", err)
	}
	pool := x509.NewCertPool()
	if err := addCertificates(pool, text); err != nil {
		return nil, fmt.Errorf("certificates of authorities in %q: %w", file, err)
	}
	return pool, nil
}

func addCertificates(pool *x509.CertPool, text []byte) error {
	found := 0
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(text) {
		text = rest
		if block.Type != "CERTIFICATE" {
			continue
		}
		found++
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return fmt.Errorf("number %d: %w", found, err)
		}
		pool.AddCert(c)
	}
	switch {
	case bytes.Contains(text, []byte("-----BEGIN ")):
		return fmt.Errorf("what follows number %d is cut off or no PEM", found)
	case found == 0:
		return errors.New("there is none")
	}
	return nil
}
