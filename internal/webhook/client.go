package webhook

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// connecting holds what connections to a target depend on beside its address. Targets with
// the same values share one connection pool.
type connecting struct {
	roots        *x509.CertPool
	allowPrivate bool
}

func (t *Target) connecting() connecting { return connecting{t.Roots, t.AllowPrivate} }

// Limits of the connections.
const (
	dialTime    = 5 * time.Second
	idleTime    = 90 * time.Second
	maxIdle     = 100
	maxIdleHost = 10
	maxHeader   = 16 << 10
)

func newClient(c connecting) *http.Client {
	dialer := &net.Dialer{Timeout: dialTime}
	if !c.allowPrivate {
		dialer.Control = refusePrivate
	}
	return &http.Client{
		Transport: &http.Transport{
			// No Proxy: a proxy would connect to addresses that we must not connect to.
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.roots},
			ForceAttemptHTTP2:      true,
			MaxIdleConns:           maxIdle,
			MaxIdleConnsPerHost:    maxIdleHost,
			IdleConnTimeout:        idleTime,
			MaxResponseHeaderBytes: maxHeader,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

var errPrivate = errors.New("not a public address, and allow_private is not set")

// refusePrivate checks the address of the connection, after the name was resolved. An address
// that the name had before does not count.
func refusePrivate(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", address, err)
	}
	if !IsPublic(at.Addr()) {
		return fmt.Errorf("connect to %s: %w", at.Addr(), errPrivate)
	}
	return nil
}
