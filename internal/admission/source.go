package admission

import (
	"net"
	"net/netip"
	"time"
)

// networkBits is the part of an IPv6 address that counts: a site has the rest for itself.
const networkBits = 64

// SourceOf returns what counts as one source of connections: an IPv4 address, or an IPv6 network of 64
// bits. Everything that is not IP is one source, the zero Addr.
func SourceOf(addr net.Addr) netip.Addr {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	ip := tcp.AddrPort().Addr().Unmap().WithZone("")
	if ip.Is6() {
		network, _ := ip.Prefix(networkBits) // 64 bits are not too many
		return network.Addr()
	}
	return ip
}

// source is what is known of one source.
type source struct {
	open    int  // connections
	pending int  // of them, those that nobody has accepted yet
	known   bool // a connection of it was accepted once, or something good came on it

	// The connections that may still come to nothing: each takes one, those that are accepted give it
	// back, and Limits.Rate come back a second.
	tries float64
	at    time.Time // when tries was right
}

func newSource(burst int, now time.Time) *source { return &source{tries: float64(burst), at: now} }

// try takes a try, and reports whether there was one.
func (s *source) try(l *Limits, now time.Time) bool {
	if l.Rate <= 0 {
		return true
	}
	s.tries = min(float64(l.Burst), s.tries+now.Sub(s.at).Seconds()*l.Rate)
	s.at = now
	if s.tries < 1 {
		return false
	}
	s.tries--
	return true
}

// succeeded gives a try back.
func (s *source) succeeded(l *Limits) { s.tries = min(float64(l.Burst), s.tries+1) }
