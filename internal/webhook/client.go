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
	if !isPublic(at.Addr()) {
		return fmt.Errorf("connect to %s: %w", at.Addr(), errPrivate)
	}
	return nil
}

// special are networks that are not public though they look like it (RFC 6890), and
// those through which IPv4 addresses that are not public can be reached.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // carrier-grade NAT
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), // benchmarks
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), // NAT64
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2001::/32"), // Teredo
	netip.MustParsePrefix("2002::/16"), // 6to4
	netip.MustParsePrefix("fec0::/10"), // site-local
}

func isPublic(ip netip.Addr) bool {
	ip = ip.Unmap()
	for _, p := range special {
		if p.Contains(ip) {
			return false
		}
	}
	return ip.IsGlobalUnicast() && !ip.IsPrivate()
}
