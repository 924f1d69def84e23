package transport

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
)

// The PROXY protocol (haproxy.org, doc/proxy-protocol.txt) tells in front of a
// connection for whom it is made. Version 1 is a line of text:
//
//	PROXY TCP4 192.0.2.7 198.51.100.1 40000 2775\r\n
//
// Version 2 is binary: a signature of twelve octets, version and command, family
// and protocol, the length of what follows (two octets), then addresses and TLVs.

// readProxyHeader reads a PROXY header and not one octet more. The client is not
// valid if the header names none. The error is errLeft if nothing came at all.
func readProxyHeader(r io.Reader) (client netip.AddrPort, err error) {
	first, err := readOctet(r)
	switch {
	case err != nil:
		return client, errLeft
	case first == v1Prefix[0]:
		client, err = readV1(r)
	case first == v2Signature[0]:
		client, err = readV2(r)
	default:
		return client, fmt.Errorf("no PROXY header: first octet is %02X", first)
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return client, err
}

func readOctet(r io.Reader) (byte, error) {
	var b [1]byte
	_, err := io.ReadFull(r, b[:])
	return b[0], err
}
