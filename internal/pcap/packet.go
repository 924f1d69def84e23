package pcap

import (
	"encoding/binary"
	"net/netip"
)

const (
	etherIPv4 = 0x0800
	etherIPv6 = 0x86DD
	protoTCP  = 6
	hops      = 64
	window    = 0xFFFF
	flagsPSH  = 0x18 // PSH and ACK

	tcpHeader = 20
	ipHeader  = 20
)

// appendPacket appends an Ethernet frame with a TCP segment.
func appendPacket(dst []byte, f flow, seq, ack uint32, data []byte) []byte {
	from, to := f.from.Addr(), f.to.Addr()
	isV6 := !from.Is4() || !to.Is4()
	dst = append(dst, 0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1) // locally administered addresses
	if isV6 {
		dst = binary.BigEndian.AppendUint16(dst, etherIPv6)
		dst = appendIPv6(dst, as16(from), as16(to), tcpHeader+len(data))
	} else {
		dst = binary.BigEndian.AppendUint16(dst, etherIPv4)
		dst = appendIPv4(dst, from.As4(), to.As4(), tcpHeader+len(data))
	}
	at := len(dst)
	dst = append(appendTCP(dst, f, seq, ack), data...)
	binary.BigEndian.PutUint16(dst[at+16:], checksum(pseudoHeader(from, to, isV6, len(dst)-at), dst[at:]))
	return dst
}

// as16 returns an address of IPv6; that of a missing one is zero.
func as16(a netip.Addr) (b [16]byte) {
	if a.IsValid() {
		b = a.As16()
	}
	return b
}

// appendIPv4 appends the header of a packet with n octets (RFC 791 §3.1).
func appendIPv4(dst []byte, from, to [4]byte, n int) []byte {
	at := len(dst)
	dst = append(dst, 0x45, 0)
	dst = binary.BigEndian.AppendUint16(dst, uint16(ipHeader+n))
	dst = append(dst, 0, 0, 0x40, 0, hops, protoTCP, 0, 0) // not fragmented
	dst = append(append(dst, from[:]...), to[:]...)
	binary.BigEndian.PutUint16(dst[at+10:], checksum(0, dst[at:]))
	return dst
}

// appendIPv6 appends the header of a packet with n octets (RFC 8200 §3).
func appendIPv6(dst []byte, from, to [16]byte, n int) []byte {
	dst = append(dst, 0x60, 0, 0, 0)
	dst = binary.BigEndian.AppendUint16(dst, uint16(n))
	dst = append(dst, protoTCP, hops)
	return append(append(dst, from[:]...), to[:]...)
}

// appendTCP appends a header without a checksum (RFC 9293 §3.1).
func appendTCP(dst []byte, f flow, seq, ack uint32) []byte {
	dst = binary.BigEndian.AppendUint16(dst, f.from.Port())
	dst = binary.BigEndian.AppendUint16(dst, f.to.Port())
	dst = binary.BigEndian.AppendUint32(dst, seq)
	dst = binary.BigEndian.AppendUint32(dst, ack)
	dst = append(dst, tcpHeader/4<<4, flagsPSH)
	dst = binary.BigEndian.AppendUint16(dst, window)
	return append(dst, 0, 0, 0, 0)
}

// pseudoHeader returns the sum of what TCP's checksum covers beside the segment of n octets.
func pseudoHeader(from, to netip.Addr, isV6 bool, n int) uint32 {
	if isV6 {
		a, b := as16(from), as16(to)
		return sum(0, a[:]) + sum(0, b[:]) + protoTCP + uint32(n)
	}
	a, b := from.As4(), to.As4()
	return sum(0, a[:]) + sum(0, b[:]) + protoTCP + uint32(n)
}

// checksum returns the checksum of b and what was summed before (RFC 1071).
func checksum(before uint32, b []byte) uint16 {
	s := sum(before, b)
	for s > 0xFFFF {
		s = s>>16 + s&0xFFFF
	}
	return ^uint16(s)
}

// sum adds the 16-bit words of b. It cannot overflow below 64 KiB.
func sum(s uint32, b []byte) uint32 {
	for ; len(b) > 1; b = b[2:] {
		s += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) > 0 {
		s += uint32(b[0]) << 8
	}
	return s
}
