package account

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"slices"
	"strings"
)

// IsCertificate reports whether cert, nil if none was shown, is the one that is meant by name: its common name,
// a DNS name or an e-mail address in it, or its SHA-256 fingerprint in hexadecimal digits, with colons or without.
func IsCertificate(cert *x509.Certificate, name string) bool {
	if cert == nil || name == "" {
		return false
	}
	if cert.Subject.CommonName == name || slices.Contains(cert.DNSNames, name) || slices.Contains(cert.EmailAddresses, name) {
		return true
	}
	sum := sha256.Sum256(cert.Raw)
	return strings.EqualFold(strings.ReplaceAll(name, ":", ""), hex.EncodeToString(sum[:]))
}
