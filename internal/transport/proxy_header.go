package transport

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"

	"github.com/pires/go-proxyproto"
)

// A proxy that speaks the PROXY protocol (haproxy.org, doc/proxy-protocol.txt) sends a header in
// front of the octets of a connection. The header names the client that the connection is made for.
// Version 1 is a line of text:
//
//	PROXY TCP4 192.0.2.7 198.51.100.1 40000 2775\r\n
//
// Version 2 is binary: a signature of twelve octets, version and command, family
// and protocol, the length of what follows (two octets), then addresses and TLVs.
//
// This package finds the end of a header; go-proxyproto parses it. go-proxyproto does not read from
// the connection itself: it reads ahead of the header, and it refuses a header of version 1 that
// comes in two packets.

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

// readV1 reads and parses a header of version 1, whose first octet has been read.
func readV1(r io.Reader) (client netip.AddrPort, err error) {
	line, err := readV1Line(r)
	if err != nil {
		return client, err
	}
	if client, err = parseProxyHeader(line); err != nil {
		return client, fmt.Errorf("PROXY v1: %w: %q", err, line)
	}
	return client, nil
}

// readV2 reads and parses a header of version 2, whose first octet has been read. A header for which
// the standard lets the receiver use the connection's own address is not parsed any further:
// go-proxyproto refuses an unspecified client, and a family that it does not know beside LOCAL.
func readV2(r io.Reader) (client netip.AddrPort, err error) {
	header, err := readV2Octets(r)
	if err != nil {
		return client, err
	}
	if header[12] == byte(proxyproto.LOCAL) || header[13] == byte(proxyproto.UNSPEC) {
		return client, nil // proxy-protocol.txt §2.2
	}
	if client, err = parseProxyHeader(header); err != nil {
		return client, fmt.Errorf("PROXY v2: %w: command, family and length are %X", err, header[12:v2Fixed])
	}
	return client, nil
}

// parseProxyHeader returns the client that a whole header names. The client is not valid if the
// header is for no connection of TCP over IP.
func parseProxyHeader(header []byte) (client netip.AddrPort, err error) {
	h, err := proxyproto.Read(bufio.NewReaderSize(bytes.NewReader(header), len(header)))
	if err != nil {
		return client, err
	}
	source, ok := h.SourceAddr.(*net.TCPAddr)
	if !ok {
		return client, nil
	}
	a := source.AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()), nil
}
