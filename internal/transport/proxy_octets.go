package transport

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/pires/go-proxyproto"
)

// Limits and fixed octets of PROXY headers.
const (
	v1Prefix  = "PROXY "
	v1MaxLine = 107 // proxy-protocol.txt §2.1, its end included

	v2Signature = "\r\n\r\n\x00\r\nQUIT\n" // proxy-protocol.txt §2.2
	v2Fixed     = 16                       // octets in front of addresses and TLVs
	v2MaxLength = 4096                     // of addresses and TLVs together; real ones have a few hundred
)

// readV1Line reads the rest of a header of version 1, whose first octet has been read, and
// returns the whole line. It reads octet by octet, since SMPP begins right behind the end of
// the line.
func readV1Line(r io.Reader) ([]byte, error) {
	line := append(make([]byte, 0, v1MaxLine), v1Prefix[0])
	for line[len(line)-1] != '\n' {
		if len(line) == v1MaxLine {
			return nil, fmt.Errorf("PROXY v1: no end of line within %d octets", v1MaxLine)
		}
		b, err := readOctet(r)
		if err != nil {
			return nil, fmt.Errorf("PROXY v1: after %d octets: %w", len(line), err)
		}
		if n := len(line); n < len(v1Prefix) && b != v1Prefix[n] {
			return nil, fmt.Errorf("no PROXY header: octet %d is %02X", n+1, b)
		}
		line = append(line, b)
	}
	return line, nil
}

// readV2Octets reads the rest of a header of version 2, whose first octet has been read, and returns
// the whole header.
func readV2Octets(r io.Reader) ([]byte, error) {
	header := make([]byte, v2Fixed)
	header[0] = v2Signature[0]
	if _, err := io.ReadFull(r, header[1:]); err != nil {
		return nil, fmt.Errorf("PROXY v2: fixed part: %w", err)
	}
	if string(header[:len(v2Signature)]) != v2Signature {
		return nil, fmt.Errorf("no PROXY header: signature is %X", header[:len(v2Signature)])
	}
	if c := proxyproto.ProtocolVersionAndCommand(header[12]); !c.IsLocal() && !c.IsProxy() {
		return nil, fmt.Errorf("PROXY v2: version and command are %02X", header[12])
	}
	length := int(binary.BigEndian.Uint16(header[14:]))
	if length > v2MaxLength {
		return nil, fmt.Errorf("PROXY v2: length %d is over %d", length, v2MaxLength)
	}
	header = append(header, make([]byte, length)...)
	if _, err := io.ReadFull(r, header[v2Fixed:]); err != nil {
		return nil, fmt.Errorf("PROXY v2: %d octets of addresses: %w", length, err)
	}
	return header, nil
}

func readOctet(r io.Reader) (byte, error) {
	var b [1]byte
	_, err := io.ReadFull(r, b[:])
	return b[0], err
}
