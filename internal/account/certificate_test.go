package account

import (
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"strings"
	"testing"
)

func TestIsCertificate(t *testing.T) {
	cert := &x509.Certificate{
		Raw: []byte("certificate"), Subject: pkix.Name{CommonName: "Bank"},
		DNSNames: []string{"bank.example", "www.bank.example"}, EmailAddresses: []string{"sms@bank.example"},
	}
	sum := fmt.Sprintf("%X", sha256.Sum256(cert.Raw))
	var pairs []string
	for i := 0; i < len(sum); i += 2 {
		pairs = append(pairs, sum[i:i+2])
	}
	for name, want := range map[string]bool{
		"Bank": true, "www.bank.example": true, "sms@bank.example": true, sum: true, strings.ToLower(sum): true, strings.Join(pairs, ":"): true,
		"bank": false, "example": false, "": false, sum[:62]: false, ":": false,
	} {
		if got := IsCertificate(cert, name); got != want {
			t.Errorf("%q: got %t, want %t", name, got, want)
		}
		if IsCertificate(nil, name) {
			t.Errorf("%q: got true of no certificate", name)
		}
	}
	if IsCertificate(&x509.Certificate{}, "") {
		t.Error("got true of no name")
	}
}
