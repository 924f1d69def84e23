package transport

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// Allow lists the addresses that may connect. An empty list allows everybody. IPv4
// and IPv6 are apart: ::/0 allows no IPv4 address.
type Allow []netip.Prefix

// ParseAllow reads CIDR prefixes and single addresses. IPv4-mapped IPv6 is taken as
// IPv4. The error names every entry that is neither.
func ParseAllow(entries []string) (Allow, error) {
	var list Allow
	var errs []error
	for _, e := range entries {
		p, err := parsePrefix(e)
		if err != nil {
			errs = append(errs, fmt.Errorf("%q: %w", e, err))
			continue
		}
		list = append(list, p)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return list, nil
}

var (
	errNotAddress = errors.New("want an IP address or a prefix such as 10.1.0.0/16")
	errZone       = errors.New("an address in a list has no zone")
	errWideMapped = errors.New("an IPv4-mapped prefix has at least 96 bits")
)

func parsePrefix(s string) (netip.Prefix, error) {
	if strings.Contains(s, "%") {
		return netip.Prefix{}, errZone
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		a, err := netip.ParseAddr(s)
		if err != nil {
			return netip.Prefix{}, errNotAddress
		}
		p = netip.PrefixFrom(a, a.BitLen())
	}
	if p.Addr().Is4In6() {
		if p.Bits() < 96 {
			return netip.Prefix{}, errWideMapped
		}
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p, nil
}

// Allows reports whether addr may connect. An addr that is not an IP address may connect only
// if the list is empty.
func (a Allow) Allows(addr net.Addr) bool {
	if len(a) == 0 {
		return true
	}
	ip, ok := ipOf(addr)
	return ok && contains(a, ip)
}

func contains(list []netip.Prefix, ip netip.Addr) bool {
	for _, p := range list {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// ipOf returns the IP address in addr. An IPv4-mapped address becomes IPv4. The zone is
// dropped, since no prefix contains an address with a zone.
func ipOf(addr net.Addr) (netip.Addr, bool) {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}, false
	}
	ip := tcp.AddrPort().Addr().Unmap().WithZone("")
	return ip, ip.IsValid()
}
