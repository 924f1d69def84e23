package ops

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

var errOrigin = errors.New("a web page of another origin may not ask")

// checkSource returns why a request may come from a web page that is not this listener's. A page whose name
// resolves to the address of this listener (DNS rebinding) sends its own name in Host.
func (a *Access) checkSource(r *http.Request, isPublic bool) error {
	if !a.isOwn(r, isPublic) {
		return fmt.Errorf("host %.100q is none of this listener's: add it to ops.hosts, or ask at its address", r.Host)
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
	default:
		return errOrigin
	}
	for _, o := range r.Header.Values("Origin") {
		if u, err := url.Parse(o); err != nil || !strings.EqualFold(u.Host, r.Host) || r.Host == "" {
			return errOrigin
		}
	}
	return nil
}

// isOwn reports whether Host names loopback, the address at which the request came in, or one of Hosts. Only
// programs send none, in HTTP/1.0: some load balancers do to look at the health.
func (a *Access) isOwn(r *http.Request, isPublic bool) bool {
	if r.Host == "" {
		return isPublic
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.Trim(host, "[]"), ".")
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return strings.EqualFold(host, "localhost") ||
			slices.ContainsFunc(a.Hosts, func(name string) bool { return strings.EqualFold(name, host) })
	}
	ip = ip.Unmap()
	return ip.IsLoopback() || ip == localAddr(r) || slices.ContainsFunc(a.Hosts, func(name string) bool {
		own, err := netip.ParseAddr(name)
		return err == nil && own.Unmap() == ip
	})
}

// localAddr returns the address at which a request came in; the zero Addr if it is not known.
func localAddr(r *http.Request) netip.Addr {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	return local.AddrPort().Addr().Unmap().WithZone("")
}
