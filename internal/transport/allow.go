package transport

import (
	"net"
	"net/netip"
)

// Allow lists the addresses that may connect. An empty list allows everybody. IPv4
// and IPv6 are apart: ::/0 allows no IPv4 address.
type Allow []netip.Prefix

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
