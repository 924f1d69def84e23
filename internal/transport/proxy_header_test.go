package transport

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"testing"
)

// Octets of version 2 headers (proxy-protocol.txt §2.2).
const (
	v2Local = 0x20 // version and command: the proxy speaks for itself
	v2Proxy = 0x21 // for a client
	v2TCP4  = 0x11 // family and protocol
	v2TCP6  = 0x21
)

// v2 is a version 2 header: command, family, and what follows the length.
func v2(command, family byte, rest ...byte) string {
	b := append([]byte(v2Signature), command, family)
	b = binary.BigEndian.AppendUint16(b, uint16(len(rest)))
	return string(append(b, rest...))
}

// v1Of and v2Of are headers for a connection from client to server, both IPv4 or
// both IPv6.
func v1Of(client, server netip.AddrPort) string {
	family := "TCP6"
	if client.Addr().Is4() {
		family = "TCP4"
	}
	port := func(a netip.AddrPort) string { return strconv.Itoa(int(a.Port())) }
	return "PROXY " + strings.Join([]string{
		family, client.Addr().String(), server.Addr().String(), port(client), port(server),
	}, " ") + "\r\n"
}

func v2Of(client, server netip.AddrPort, tlvs ...byte) string {
	family := byte(v2TCP6)
	if client.Addr().Is4() {
		family = v2TCP4
	}
	b := append(client.Addr().AsSlice(), server.Addr().AsSlice()...)
	b = binary.BigEndian.AppendUint16(b, client.Port())
	b = binary.BigEndian.AppendUint16(b, server.Port())
	return v2(v2Proxy, family, append(b, tlvs...)...)
}

var (
	client4, server4 = netip.MustParseAddrPort("192.0.2.7:40000"), netip.MustParseAddrPort("198.51.100.1:2775")
	client6, server6 = netip.MustParseAddrPort("[2001:db8::7]:40000"), netip.MustParseAddrPort("[2001:db8::1]:2775")
	nobody           netip.AddrPort
)

// sound are headers and the clients they name.
var sound = []struct {
	name   string
	header string
	want   netip.AddrPort
}{
	{"v1 TCP4", "PROXY TCP4 192.0.2.7 198.51.100.1 40000 2775\r\n", client4},
	{"v1 TCP6", "PROXY TCP6 2001:db8::7 2001:db8::1 40000 2775\r\n", client6},
	{"v1 TCP6, IPv4 within", "PROXY TCP6 ::ffff:192.0.2.7 ::ffff:198.51.100.1 40000 2775\r\n", client4},
	{"v1 lowest and highest port", "PROXY TCP4 192.0.2.7 198.51.100.1 0 65535\r\n", netip.MustParseAddrPort("192.0.2.7:0")},
	{"v1 UNKNOWN", "PROXY UNKNOWN\r\n", nobody},
	{"v1 UNKNOWN with addresses", "PROXY UNKNOWN 192.0.2.7 198.51.100.1 40000 2775\r\n", nobody},
	{"v1 UNKNOWN with CR", "PROXY UNKNOWN \r \r\n", nobody},
	{"v1 longest", "PROXY UNKNOWN " + strings.Repeat("f", v1MaxLine-len("PROXY UNKNOWN \r\n")) + "\r\n", nobody},
	{"v2 TCP4", v2Of(client4, server4), client4},
	{"v2 TCP6", v2Of(client6, server6), client6},
	{"v2 TCP6, IPv4 within", v2Of(netip.MustParseAddrPort("[::ffff:192.0.2.7]:40000"), server6), client4},
	{"v2 TLVs", v2Of(client4, server4, 0x04, 0, 3, 0, 0, 0), client4},
	{"v2 longest", v2(v2Proxy, v2TCP4, append([]byte(v2Of(client4, server4)[v2Fixed:]), make([]byte, v2MaxLength-12)...)...), client4},
	{"v2 LOCAL", v2(v2Local, 0x00), nobody},
	{"v2 LOCAL with addresses", v2(v2Local, v2TCP4, make([]byte, 12)...), nobody},
	{"v2 LOCAL, family of another day", v2(v2Local, 0x77, 1, 2, 3), nobody},
	{"v2 not told", v2(v2Proxy, 0x00), nobody},
	{"v2 not told, with TLVs", v2(v2Proxy, 0x00, 0x04, 0, 0), nobody},
	{"v2 Unix", v2(v2Proxy, 0x31, make([]byte, 216)...), nobody},
	{"v2 UDP", v2(v2Proxy, 0x12, make([]byte, 12)...), nobody},
}

func TestProxyHeader(t *testing.T) {
	for _, tt := range sound {
		t.Run(tt.name, func(t *testing.T) {
			r := strings.NewReader(tt.header + "SMPP")
			got, err := readProxyHeader(r)
			if err != nil || got != tt.want {
				t.Errorf("got %v, %v, want %v", got, err, tt.want)
			}
			if rest, _ := io.ReadAll(r); string(rest) != "SMPP" {
				t.Errorf("got %q behind the header, want SMPP", rest)
			}
		})
	}
}

// TestProxyHeaderCut cuts each header at every octet.
func TestProxyHeaderCut(t *testing.T) {
	for _, tt := range sound {
		t.Run(tt.name, func(t *testing.T) {
			for i := range tt.header {
				want := io.ErrUnexpectedEOF
				if i == 0 {
					want = errLeft
				}
				if got, err := readProxyHeader(strings.NewReader(tt.header[:i])); !errors.Is(err, want) {
					t.Fatalf("%d octets: got %v, %v, want %v", i, got, err, want)
				}
			}
		})
	}
}

func TestProxyHeaderErrors(t *testing.T) {
	tests := []struct {
		name, header, want string
		read               int // octets that may be read at most; 0: all
	}{
		{"SMPP", "\x00\x00\x00\x10\x00\x00\x00\x15", "first octet is 00", 1},
		{"TLS", "\x16\x03\x01\x02\x00", "first octet is 16", 1},
		{"lower case", "proxy TCP4 192.0.2.7 198.51.100.1 40000 2775\r\n", "first octet is 70", 1},
		{"HTTP", "POST / HTTP/1.1\r\n", "octet 2 is 4F", 2},
		{"v1 without space", "PROXYTCP4 192.0.2.7 198.51.100.1 40000 2775\r\n", "octet 6 is 54", 6},
		{"v1 two spaces", "PROXY TCP4  192.0.2.7 198.51.100.1 40000 2775\r\n", "address family or protocol", 0},
		{"v1 space at the end", "PROXY TCP4 192.0.2.7 198.51.100.1 40000 2775 \r\n", "address family or protocol", 0},
		{"v1 LF alone", "PROXY TCP4 192.0.2.7 198.51.100.1 40000 2775\n", "must end with", 0},
		{"v1 CR within", "PROXY TCP4 192.0.2.7 198.51.100.1 40000\r 2775\r\n", "invalid port number", 0},
		{"v1 too long", "PROXY UNKNOWN " + strings.Repeat("f", 200) + "\r\n", "within 107", v1MaxLine},
		{"v1 nothing", "PROXY \r\n", "address family or protocol", 0},
		{"v1 UDP4", "PROXY UDP4 192.0.2.7 198.51.100.1 40000 2775\r\n", "address family or protocol", 0},
		{"v1 nearly UNKNOWN", "PROXY UNKNOWNS\r\n", "address family or protocol", 0},
		{"v1 no port", "PROXY TCP4 192.0.2.7 198.51.100.1 40000\r\n", "address family or protocol", 0},
		{"v1 IPv6 as TCP4", "PROXY TCP4 2001:db8::7 198.51.100.1 40000 2775\r\n", "invalid address", 0},
		{"v1 IPv4 as TCP6", "PROXY TCP6 2001:db8::7 198.51.100.1 40000 2775\r\n", "invalid address", 0},
		{"v1 zone", "PROXY TCP6 fe80::1%eth0 2001:db8::1 40000 2775\r\n", "invalid address", 0},
		{"v1 leading zero", "PROXY TCP4 192.0.2.07 198.51.100.1 40000 2775\r\n", "invalid address", 0},
		{"v1 host", "PROXY TCP4 esme.example 198.51.100.1 40000 2775\r\n", "invalid address", 0},
		{"v1 port too high", "PROXY TCP4 192.0.2.7 198.51.100.1 65536 2775\r\n", "invalid port number", 0},
		{"v1 port with zero", "PROXY TCP4 192.0.2.7 198.51.100.1 040000 2775\r\n", "invalid port number", 0},
		{"v1 port with sign", "PROXY TCP4 192.0.2.7 198.51.100.1 40000 +2775\r\n", "invalid port number", 0},
		{"v2 signature", "\r\n\r\n\x00\r\nQUIX\n\x21\x11\x00\x00", "signature", v2Fixed},
		{"v2 version 1", v2(0x11, v2TCP4, make([]byte, 12)...), "command are 11", v2Fixed},
		{"v2 version 3", v2(0x31, v2TCP4, make([]byte, 12)...), "command are 31", v2Fixed},
		{"v2 command 2", v2(0x22, v2TCP4, make([]byte, 12)...), "command are 22", v2Fixed},
		{"v2 too long", v2(v2Proxy, v2TCP4, make([]byte, v2MaxLength+1)...), "over 4096", v2Fixed},
		{"v2 longest to say", v2(v2Local, 0, make([]byte, 65535)...), "over 4096", v2Fixed},
		{"v2 short for IPv4", v2(v2Proxy, v2TCP4, make([]byte, 11)...), "invalid length: command, family and length are 2111000B", 0},
		{"v2 short for IPv6", v2(v2Proxy, v2TCP6, make([]byte, 35)...), "invalid length: command, family and length are 21210023", 0},
		{"v2 short for Unix", v2(v2Proxy, 0x31, make([]byte, 215)...), "invalid length: command, family and length are 213100D7", 0},
		{"v2 family", v2(v2Proxy, 0x41, make([]byte, 216)...), "protocol: command, family and length are 214100D8", 0},
		{"v2 protocol", v2(v2Proxy, 0x13, make([]byte, 216)...), "protocol: command, family and length are 211300D8", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := strings.NewReader(tt.header)
			got, err := readProxyHeader(r)
			if err == nil || !strings.Contains(err.Error(), tt.want) || got.IsValid() {
				t.Errorf("got %v, %v, want an error with %q", got, err, tt.want)
			}
			if read := len(tt.header) - r.Len(); tt.read > 0 && read > tt.read {
				t.Errorf("read %d octets, want at most %d", read, tt.read)
			}
		})
	}
}

// FuzzProxyHeader checks that reading is bounded and stops where the header ends:
// what it took is the same header by itself, no less of it is one, and the octets
// behind it make no difference.
func FuzzProxyHeader(f *testing.F) {
	for _, s := range sound {
		f.Add([]byte(s.header))
		f.Add([]byte(s.header + "\x00\x00\x00\x10"))
	}
	f.Add([]byte("PROXY TCP4 192.0.2.7\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		client, err := readProxyHeader(r)
		read := b[:len(b)-r.Len()]
		if len(read) > v2Fixed+v2MaxLength || len(read) > v1MaxLine && read[0] == 'P' {
			t.Fatalf("read %d octets", len(read))
		}
		if err != nil {
			if client.IsValid() {
				t.Errorf("got client %v and error %v", client, err)
			}
			return
		}
		if got, err := readProxyHeader(bytes.NewReader(append(bytes.Clone(read), "PROXY \r\n"...))); err != nil || got != client {
			t.Errorf("with others behind: got %v, %v, want %v", got, err, client)
		}
		if got, err := readProxyHeader(bytes.NewReader(read[:len(read)-1])); err == nil {
			t.Errorf("got %v without the last octet", got)
		}
	})
}

// FuzzProxyClient checks that a client comes out as a proxy put it in.
func FuzzProxyClient(f *testing.F) {
	f.Add([]byte{192, 0, 2, 7}, uint16(40000), []byte(nil))
	f.Add(client6.Addr().AsSlice(), uint16(0), []byte{4, 0, 0})
	f.Fuzz(func(t *testing.T, address []byte, port uint16, tlvs []byte) {
		ip, ok := netip.AddrFromSlice(address)
		if !ok || len(tlvs) > v2MaxLength-36 {
			return
		}
		client, server := netip.AddrPortFrom(ip, port), server4
		if ip.Is6() {
			server = server6
		}
		want := netip.AddrPortFrom(ip.Unmap(), port)
		for _, header := range []string{v1Of(client, server), v2Of(client, server, tlvs...)} {
			if got, err := readProxyHeader(strings.NewReader(header)); err != nil || got != want {
				t.Errorf("%q: got %v, %v, want %v", header, got, err, want)
			}
		}
	})
}
