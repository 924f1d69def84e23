package webhook

import (
	"net/netip"
	"slices"
)

// global is where all public IPv6 addresses are (RFC 4291 §2.4). All other ways to write an IPv4 address as one
// of IPv6 lie outside: ::127.0.0.1, ::ffff:0:127.0.0.1, 64:ff9b::127.0.0.1.
var global = netip.MustParsePrefix("2000::/3")

// special are networks that are not public though they look like it (RFC 6890 and the registries that it set
// up), and those through which IPv4 addresses that are not public can be reached.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),   // carrier-grade NAT
	netip.MustParsePrefix("192.0.0.0/24"),    // IETF protocols
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("192.88.99.0/24"),  // relays of 6to4
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("2001::/23"),     // IETF protocols: Teredo, benchmarks, ORCHID
	netip.MustParsePrefix("2001:db8::/32"), // documentation
	netip.MustParsePrefix("2002::/16"),     // 6to4
	netip.MustParsePrefix("3fff::/20"),     // documentation
}

// IsPublic reports whether an address is one of the Internet, however it is written. An address of IPv6 that
// leads to one of IPv4 is as public as that, or not public.
func IsPublic(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.Is6() && !global.Contains(ip) {
		return false
	}
	if slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return false
	}
	v4, ok := isatap(ip)
	return !ok || IsPublic(v4)
}

// isatap returns the address of IPv4 in one of ISATAP (RFC 5214 §6.1), in any network.
func isatap(ip netip.Addr) (v4 netip.Addr, ok bool) {
	if !ip.Is6() {
		return v4, false
	}
	b := ip.As16()
	if b[8]&^2 != 0 || b[9] != 0 || b[10] != 0x5E || b[11] != 0xFE {
		return v4, false
	}
	return netip.AddrFrom4([4]byte(b[12:])), true
}
