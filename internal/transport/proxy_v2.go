package transport

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
)

// proxy-protocol.txt §2.2.
const (
	v2Signature = "\r\n\r\n\x00\r\nQUIT\n"
	v2Fixed     = 16   // octets in front of addresses and TLVs
	v2MaxLength = 4096 // of addresses and TLVs together; real ones have a few hundred

	v2Local = 0x20 // version and command: the proxy speaks for itself
	v2Proxy = 0x21 // for a client

	v2TCP4 = 0x11 // family and protocol
	v2TCP6 = 0x21
)

// v2Addresses is how many octets the addresses take, by family and protocol. Other
// values are not assigned, and a header that has them is to be refused.
var v2Addresses = map[byte]int{
	0x00: 0,            // not told
	0x11: 12, 0x12: 12, // IPv4: TCP, UDP
	0x21: 36, 0x22: 36, // IPv6
	0x31: 216, 0x32: 216, // Unix
}

// readV2 reads the rest of a version 2 header, whose first octet has been read.
func readV2(r io.Reader) (client netip.AddrPort, err error) {
	fixed := [v2Fixed]byte{v2Signature[0]}
	if _, err := io.ReadFull(r, fixed[1:]); err != nil {
		return client, fmt.Errorf("PROXY v2: fixed part: %w", err)
	}
	if string(fixed[:len(v2Signature)]) != v2Signature {
		return client, fmt.Errorf("no PROXY header: signature is %X", fixed[:len(v2Signature)])
	}
	command, family := fixed[12], fixed[13]
	if command != v2Local && command != v2Proxy {
		return client, fmt.Errorf("PROXY v2: version and command are %02X", command)
	}
	length := int(binary.BigEndian.Uint16(fixed[14:]))
	if length > v2MaxLength {
		return client, fmt.Errorf("PROXY v2: length %d is over %d", length, v2MaxLength)
	}
	rest := make([]byte, length)
	if _, err := io.ReadFull(r, rest); err != nil {
		return client, fmt.Errorf("PROXY v2: %d octets of addresses: %w", length, err)
	}
	if command == v2Local {
		return client, nil // family and addresses are to be ignored
	}
	return parseV2Client(family, rest)
}

// parseV2Client takes the client from addresses: source, destination, source port,
// destination port. The TLVs behind them tell nothing that is needed here.
func parseV2Client(family byte, addresses []byte) (client netip.AddrPort, err error) {
	need, ok := v2Addresses[family]
	switch {
	case !ok:
		return client, fmt.Errorf("PROXY v2: family and protocol are %02X", family)
	case len(addresses) < need:
		return client, fmt.Errorf("PROXY v2: %d octets of addresses, want %d", len(addresses), need)
	}
	switch family {
	case v2TCP4:
		ip := netip.AddrFrom4([4]byte(addresses[:4]))
		return netip.AddrPortFrom(ip, binary.BigEndian.Uint16(addresses[8:])), nil
	case v2TCP6:
		ip := netip.AddrFrom16([16]byte(addresses[:16])).Unmap()
		return netip.AddrPortFrom(ip, binary.BigEndian.Uint16(addresses[32:])), nil
	}
	return client, nil
}
