package pcap

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"testing"
	"time"
)

var (
	near4 = netip.MustParseAddrPort("192.0.2.1:2775")
	far4  = netip.MustParseAddrPort("192.0.2.2:40000")
	near6 = netip.MustParseAddrPort("[2001:db8::1]:2775")
	far6  = netip.MustParseAddrPort("[2001:db8::2]:40000")
)

// packet is what a test reads of a packet.
type packet struct {
	seq, ack uint32
	from, to uint16
	data     string
}

// read reads a capture, and checks lengths and checksums.
func read(t *testing.T, b []byte) (all []packet) {
	t.Helper()
	const fileHeader, packetHeader, ethernet = 24, 16, 14
	if !bytes.HasPrefix(b, []byte{0x4D, 0x3C, 0xB2, 0xA1, 2, 0, 4, 0}) {
		t.Fatalf("got % x", b[:8])
	}
	for b = b[fileHeader:]; len(b) > 0; {
		n := int(binary.LittleEndian.Uint32(b[8:]))
		p := b[packetHeader : packetHeader+n]
		b = b[packetHeader+n:]
		ip := p[ethernet:]
		var tcp []byte
		var pseudo []byte
		switch binary.BigEndian.Uint16(p[12:]) {
		case 0x0800:
			if checksum(0, ip[:20]) != 0 || int(binary.BigEndian.Uint16(ip[2:])) != len(ip) {
				t.Errorf("IPv4: got % x", ip[:20])
			}
			tcp, pseudo = ip[20:], ip[12:20]
		case 0x86DD:
			if int(binary.BigEndian.Uint16(ip[4:])) != len(ip)-40 {
				t.Errorf("IPv6: got % x", ip[:40])
			}
			tcp, pseudo = ip[40:], ip[8:40]
		}
		if got := checksum(sum(0, pseudo)+6+uint32(len(tcp)), tcp); got != 0 {
			t.Errorf("TCP: got checksum %#x", got)
		}
		all = append(all, packet{
			binary.BigEndian.Uint32(tcp[4:]), binary.BigEndian.Uint32(tcp[8:]), binary.BigEndian.Uint16(tcp), binary.BigEndian.Uint16(tcp[2:]), string(tcp[20:]),
		})
	}
	return all
}

// The octets of each direction follow one another, and acknowledge those of the other.
func TestWriter(t *testing.T) {
	for _, tt := range []struct {
		name      string
		near, far netip.AddrPort
	}{{"IPv4", near4, far4}, {"IPv6", near6, far6}, {"both", near4, far6}, {"unknown", netip.AddrPort{}, netip.AddrPort{}}} {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			w, err := NewWriter(&b)
			if err != nil {
				t.Fatal(err)
			}
			at := time.Date(2026, 11, 30, 12, 0, 0, 123, time.UTC)
			long := string(bytes.Repeat([]byte("long"), 16<<10)) // 64 KiB
			for _, s := range []string{">abc", "<de", ">f", ">" + long, "<g"} {
				from, to := tt.far, tt.near
				if s[0] == '<' {
					from, to = to, from
				}
				if err := w.Write(at, from, to, []byte(s[1:])); err != nil {
					t.Fatal(err)
				}
			}
			got := read(t, b.Bytes())
			if tt.name == "unknown" { // both directions are one
				return
			}
			n, f := tt.near.Port(), tt.far.Port()
			want := []packet{
				{1, 1, f, n, "abc"},
				{1, 4, n, f, "de"},
				{4, 3, f, n, "f"},
				{5, 3, f, n, long[:maxSegment]},
				{5 + maxSegment, 3, f, n, long[maxSegment:]},
				{3, 5 + 2*maxSegment, n, f, "g"},
			}
			if len(got) != len(want) {
				t.Fatalf("got %d packets, want %d", len(got), len(want))
			}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("packet %d: got %.80v, want %.80v", i, got[i], want[i])
				}
			}
		})
	}
}

// full takes some octets, and then no more.
type full struct{ n int }

func (f *full) Write(b []byte) (int, error) {
	if f.n -= len(b); f.n < 0 {
		return 0, errors.New("disk is full")
	}
	return len(b), nil
}

// A capture that cannot be written is an error.
func TestWriteError(t *testing.T) {
	if _, err := NewWriter(&full{10}); err == nil {
		t.Error("the header: got no error")
	}
	w, err := NewWriter(&full{30})
	if err != nil || w.Write(time.Now(), near4, far4, []byte("x")) == nil {
		t.Errorf("a packet: got %v, or no error", err)
	}
}
