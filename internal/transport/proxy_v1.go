package transport

import (
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
)

const (
	v1Prefix  = "PROXY "
	v1MaxLine = 107 // proxy-protocol.txt §2.1, its end included
)

// readV1 reads the rest of a version 1 header, whose first octet has been read. It
// goes octet by octet, since only the end of the line tells where SMPP begins.
func readV1(r io.Reader) (client netip.AddrPort, err error) {
	line := append(make([]byte, 0, v1MaxLine), v1Prefix[0])
	for line[len(line)-1] != '\n' {
		if len(line) == v1MaxLine {
			return client, fmt.Errorf("PROXY v1: no end of line within %d octets", v1MaxLine)
		}
		b, err := readOctet(r)
		if err != nil {
			return client, fmt.Errorf("PROXY v1: after %d octets: %w", len(line), err)
		}
		if n := len(line); n < len(v1Prefix) && b != v1Prefix[n] {
			return client, fmt.Errorf("no PROXY header: octet %d is %02X", n+1, b)
		}
		line = append(line, b)
	}
	return parseV1(string(line))
}

// parseV1 takes a whole line, its end included.
func parseV1(line string) (client netip.AddrPort, err error) {
	body, ok := strings.CutSuffix(line, "\r\n")
	if !ok {
		return client, fmt.Errorf("PROXY v1: line ends without CR: %q", line)
	}
	if strings.Contains(body, "\r") {
		return client, fmt.Errorf("PROXY v1: CR within the line %q", line)
	}
	fields := strings.Split(strings.TrimPrefix(body, v1Prefix), " ")
	if fields[0] == "UNKNOWN" {
		return client, nil // what else the line says is to be ignored
	}
	if len(fields) != 5 || fields[0] != "TCP4" && fields[0] != "TCP6" {
		return client, fmt.Errorf("PROXY v1: want TCP4, TCP6 or UNKNOWN, two addresses and two ports: %q", body)
	}
	return parseV1Client(fields)
}

// parseV1Client checks all of the fields: family, source and destination address,
// source and destination port.
func parseV1Client(fields []string) (client netip.AddrPort, err error) {
	var ends [2]netip.AddrPort
	for i, end := range []string{"source", "destination"} {
		ip, err := netip.ParseAddr(fields[1+i])
		if err != nil || ip.Zone() != "" || ip.Is4() != (fields[0] == "TCP4") {
			return client, fmt.Errorf("PROXY v1: %s address %q for %s", end, fields[1+i], fields[0])
		}
		port, err := strconv.ParseUint(fields[3+i], 10, 16)
		if err != nil || strconv.FormatUint(port, 10) != fields[3+i] {
			return client, fmt.Errorf("PROXY v1: %s port %q", end, fields[3+i])
		}
		ends[i] = netip.AddrPortFrom(ip.Unmap(), uint16(port))
	}
	return ends[0], nil
}
