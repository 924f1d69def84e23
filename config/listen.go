package config

import (
	"net/netip"
	"time"
)

// Listen holds the settings of the ESMEs' side. At least one of Addr and TLS.Addr is set. For
// Allow and ProxyFrom compare the peer's address unmapped and without its zone
// (netip.Addr.Unmap, WithZone).
type Listen struct {
	Addr          string         `key:"addr" default:":2775" form:"bind" empty:"off" doc:"address that ESMEs bind to, host:port; empty: TLS only"`
	TLS           ListenTLS      `key:"tls" doc:"the listener for ESMEs that speak TLS, beside or instead of the plain one"`
	Allow         []netip.Prefix `key:"allow" example:"10.1.0.0/16" doc:"addresses and networks from which ESMEs may connect; empty allows all"`
	ProxyProtocol bool           `key:"proxy_protocol" doc:"connections from listen.proxy_from begin with a PROXY header, v1 or v2, that names the ESME's address"`
	ProxyFrom     []netip.Prefix `key:"proxy_from" example:"10.0.0.5" doc:"addresses and networks of the load balancers that send PROXY headers"`
	KeepAlive     time.Duration  `key:"keepalive" default:"30s" range:"1s..1h" doc:"silence after which TCP probes the connection"`

	// How many connections there may be. A source is an IPv4 address, or an IPv6 network of 64 bits.
	MaxSessions          int `key:"max_sessions" default:"1000" range:"1..100000" doc:"ESME sessions at a time; further connections are closed"`
	MaxPerAddress        int `key:"max_per_address" range:"0..100000" doc:"connections at a time from one address; 0 is no limit"`
	MaxUnbound           int `key:"max_unbound" default:"200" range:"1..100000" doc:"connections at a time, in all, that have not bound yet; the slowest of them gives way to a new one"`
	MaxUnboundPerAddress int `key:"max_unbound_per_address" default:"64" range:"0..100000" doc:"likewise, from one address; 0 is no limit"`
	FailureRate          int `key:"failure_rate" default:"50" range:"0..100000" doc:"connections a second from one address that end without a bind; more are closed unread; 0 is no limit"`
	FailureBurst         int `key:"failure_burst" default:"500" range:"1..100000" doc:"of them at once"`
}

// ListenTLS holds the settings of the TLS listener for ESMEs. It is off without Addr. With
// Addr, Cert and Key are set.
type ListenTLS struct {
	Addr      string `key:"addr" form:"bind" empty:"off" doc:"address that ESMEs bind to over TLS, host:port; empty is off"`
	Cert      string `key:"cert" form:"file" empty:"none" doc:"PEM file of the gateway's certificate and its chain"`
	Key       string `key:"key" form:"file" empty:"none" secret:"file" doc:"PEM file of the certificate's key"`
	ClientCA  string `key:"client_ca" form:"file" empty:"none" doc:"PEM file of the authorities that may sign ESMEs' certificates; empty requires none"`
	ClientCRL string `key:"client_crl" form:"file" empty:"none" doc:"file with lists of ESMEs' certificates that are revoked (CRL), each signed by an authority of client_ca, in PEM or one in DER; empty is none"`
}

// revokedByNobody is the problem of client_crl without client_ca.
var revokedByNobody = problem{"revoked certificates, and nobody is asked for one", "client_ca, too"}

// checkListen checks that ESMEs can connect, and that TLS has all it needs.
func checkListen(l *loader) {
	n := l.cfg.Listen
	l.refuseIf(n.Addr == "" && n.TLS.Addr == "", problem{"no address for ESMEs", "listen.addr, or listen.tls.addr, or both"},
		"listen.addr", "listen.tls.addr")
	l.refuseIf(n.TLS.Addr != "" && (n.TLS.Cert == "" || n.TLS.Key == ""), problem{"TLS without a certificate and its key", "listen.tls.cert and listen.tls.key"},
		"listen.tls.addr", "listen.tls.cert", "listen.tls.key")
	l.refuseIf(n.TLS.ClientCRL != "" && n.TLS.ClientCA == "", revokedByNobody, "listen.tls.client_crl", "listen.tls.client_ca")
	if _, chosen := l.origin("listen.tls.addr"); !chosen {
		l.refuseAny(problem{"no address for TLS: ESMEs could bind without it only", "listen.tls.addr: \":3550\", or \"\" for none"},
			"listen.tls.cert", "listen.tls.key", "listen.tls.client_ca")
	}
	l.refuseIf(n.ProxyProtocol && len(n.ProxyFrom) == 0,
		problem{"PROXY headers from nobody: who sends them may claim any address, and must be listed", "listen.proxy_from: [10.0.0.5]"},
		"listen.proxy_from", "listen.proxy_protocol")
}
