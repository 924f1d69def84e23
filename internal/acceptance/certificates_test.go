//go:build e2e

package acceptance

import (
	"crypto/tls"
	"testing"

	"readback/internal/testpeer"
)

// authority is one whose certificates are in files.
type authority struct {
	*testing.T
	*testpeer.Authority
	dir  string
	file string // its own certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{T: t, Authority: testpeer.NewAuthority(t), dir: t.TempDir()}
	a.file = writeFile(t, a.dir, "ca.pem", string(a.PEM()))
	return a
}

// issue writes NAME.pem and NAME.key, over those before, for a peer of the loopback.
func (a *authority) issue(name, commonName string) (cert, key string) {
	a.Helper()
	c, k := a.Issue(a.T, commonName)
	key = writeFile(a.T, a.dir, name+".key", string(k))
	return writeFile(a.T, a.dir, name+".pem", string(c)), key
}

// client is the TLS of an ESME; without files it shows no certificate.
func (a *authority) client(cert, key string) *tls.Config {
	a.Helper()
	c := &tls.Config{RootCAs: a.Pool(), MinVersion: tls.VersionTLS12}
	if cert == "" {
		return c
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		a.Fatal(err)
	}
	c.Certificates = []tls.Certificate{pair}
	return c
}

// listenTLS are the settings of a TLS listener with a certificate of the authority.
func (a *authority) listenTLS() settings {
	a.Helper()
	cert, key := a.issue("gateway", "first")
	return settings{"listen.tls.addr": "127.0.0.1:0", "listen.tls.cert": cert, "listen.tls.key": key}
}
