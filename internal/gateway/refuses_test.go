package gateway

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"net"
	"testing"
)

// An account may want an address, a certificate, or both. The address comes first.
func TestRefuses(t *testing.T) {
	here, elsewhere := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 2)}
	own, other := &x509.Certificate{Subject: pkix.Name{CommonName: "bank"}}, &x509.Certificate{Subject: pkix.Name{CommonName: "shop"}}
	allow := func(a net.Addr) bool { return a == net.Addr(here) }
	for _, tt := range []struct {
		account Account
		remote  net.Addr
		shown   *x509.Certificate
		want    error
	}{
		{Account{}, elsewhere, nil, nil},
		{Account{}, elsewhere, other, nil},
		{Account{Allow: allow}, here, nil, nil},
		{Account{Allow: allow}, elsewhere, own, errNotAllowed},
		{Account{Certificate: "bank"}, elsewhere, own, nil},
		{Account{Certificate: "bank"}, here, other, errOtherCertificate},
		{Account{Certificate: "bank"}, here, nil, errOtherCertificate},
		{Account{Allow: allow, Certificate: "bank"}, here, own, nil},
		{Account{Allow: allow, Certificate: "bank"}, elsewhere, other, errNotAllowed},
	} {
		if err := tt.account.refuses(tt.remote, tt.shown); !errors.Is(err, tt.want) {
			t.Errorf("%+v from %s: got %v, want %v", tt.account, tt.remote, err, tt.want)
		}
	}
}
