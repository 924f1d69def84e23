// Package ownhost recognises requests that are meant for the server that they reach. A web page whose name
// resolves to the address of a server (DNS rebinding) may read that server's answers, but sends its own name in
// Host.
package ownhost

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Is reports whether Host names loopback, the address at which the request came in, or one of names: host names
// and addresses. A request without Host names nothing; no browser sends one.
func Is(r *http.Request, names []string) bool {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.Trim(host, "[]"), ".")
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return strings.EqualFold(host, "localhost") ||
			slices.ContainsFunc(names, func(name string) bool { return name != "" && strings.EqualFold(name, host) })
	}
	ip = ip.Unmap()
	return ip.IsLoopback() || ip == localAddr(r) || slices.ContainsFunc(names, func(name string) bool {
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
