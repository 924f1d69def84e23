package udh

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

// TestPackVectors packs "Hello" behind each header of the published vectors.
func TestPackVectors(t *testing.T) {
	for _, tt := range []struct{ name, header, packed string }{
		{"none", "", "C8329BFD06"},
		{"concat8", "050003640201", "906536FB0D"},
		{"number", "0480020001", "20CB6CF61B"},
		{"concat8 and number", "09000364020180020001", "802CB3D96F"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			header := len(tt.header) / 2
			got, ok := Pack(nil, []byte("Hello"), header)
			if want := strings.ToLower(tt.packed); !ok || hex.EncodeToString(got) != want {
				t.Fatalf("packed: got %x %v, want %s", got, ok, want)
			}
			if back, ok := Unpack(nil, got, header); !ok || string(back) != "Hello" {
				t.Errorf("unpacked: got %q %v, want Hello", back, ok)
			}
		})
	}
}

func TestPackEnds(t *testing.T) {
	for _, tt := range []struct {
		name, text, packed string
		ok                 bool
	}{
		{"seven, filled with a carriage return", "1234567", "31D98C56B3DD1A", true},
		{"eight", "12345678", "31D98C56B3DD70", true},
		{"eight, the last is @", "1234567\x00", "", false},
		{"eight, the last is a carriage return", "1234567\r", "", false},
		{"nine, the last is @", "12345678\x00", "31D98C56B3DD7000", true},
		{"nothing", "", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := Pack([]byte("dst"), []byte(tt.text), 0)
			if want := "dst" + string(unhex(tt.packed)); string(got) != want || ok != tt.ok {
				t.Fatalf("got %x %v, want %x %v", got, ok, want, tt.ok)
			}
			if back, ok := Unpack(nil, got[3:], 0); tt.ok && (!ok || string(back) != tt.text) {
				t.Errorf("unpacked: got %q %v, want %q", back, ok, tt.text)
			}
		})
	}
	// gosmpp fills seven bits with zeros, and so does who ends with @.
	if got, ok := Unpack([]byte("dst"), unhex("31D98C56B3DD00"), 0); ok || string(got) != "dst" {
		t.Errorf("an end that may be @ or nothing: got %q %v, want it refused", got, ok)
	}
}

// TestPackNothing has the header end at a septet though no text follows it: who counts
// septets reads no further than the octets (TS 23.040 §9.2.3.24).
func TestPackNothing(t *testing.T) {
	for _, tt := range []struct {
		name   string
		header int
		packed string
	}{
		{"no header", 0, ""},
		{"no fill bits", 7, ""},
		{"two fill bits", 5, "00"},
		{"six fill bits", 8, "00"},
		{"one fill bit, and room for a septet", 6, "1A"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := Pack(nil, nil, tt.header)
			if want := unhex(tt.packed); !ok || !bytes.Equal(got, want) {
				t.Fatalf("got %x %v, want %x", got, ok, want)
			}
			if back, ok := Unpack(nil, got, tt.header); !ok || len(back) > 0 {
				t.Errorf("unpacked: got %q %v, want nothing", back, ok)
			}
		})
	}
}

// Septets have seven bits: what stands in the eighth is not packed.
func TestPackSevenBits(t *testing.T) {
	got, ok := Pack(nil, []byte{0xC8, 0xE5, 0xEC, 0xEC, 0xEF}, 0)
	if want := unhex("C8329BFD06"); !ok || !bytes.Equal(got, want) {
		t.Errorf("got %X %v, want %X", got, ok, want)
	}
}

// A text is refused if its last septet ends an octet and could be taken for what fills one:
// behind f fill bits that is a text of f septets, or of eight if there are none, and of eight
// more each.
func TestPacks(t *testing.T) {
	for headerLen, fill := range []int{0, 6, 5, 4, 3, 2, 1, 0, 6} {
		for n := range 40 {
			endsOctet := n > 0 && n%8 == fill
			for last, want := range map[byte]bool{'a': true, 0: !endsOctet, '\r': !endsOctet, '\n': true} {
				text := bytes.Repeat([]byte("a"), n)
				if n == 0 {
					want = true
				} else {
					text[n-1] = last
				}
				if got := Packs(text, headerLen); got != want {
					t.Errorf("%d septets behind %d octets, the last %02X: got %v, want %v", n, headerLen, last, got, want)
				}
				packed, ok := Pack([]byte("dst"), text, headerLen)
				if ok != want || !bytes.HasPrefix(packed, []byte("dst")) || !ok && len(packed) > 3 {
					t.Errorf("%d septets behind %d octets, the last %02X: packed %X %v, want %v", n, headerLen, last, packed, ok, want)
				}
				if back, ok := Unpack(nil, packed[3:], headerLen); want && (!ok || !bytes.Equal(back, text)) {
					t.Errorf("%X behind %d octets: got %q %v, want %q", packed[3:], headerLen, back, ok, text)
				}
			}
		}
	}
}

func FuzzPack(f *testing.F) {
	f.Add([]byte("Hello"), byte(0))
	f.Add([]byte("1234567"), byte(10))
	f.Fuzz(func(t *testing.T, septets []byte, header byte) {
		for i := range septets {
			septets[i] &= 0x7F
		}
		packed, ok := Pack(nil, septets, int(header))
		if !ok {
			return
		}
		if n := len(packed); n > (7*len(septets)+14)/8+1 {
			t.Fatalf("%d septets take %d octets", len(septets), n)
		}
		back, ok := Unpack(nil, packed, int(header))
		if !ok || !bytes.Equal(back, septets) {
			t.Fatalf("packed %x: got %x %v, want %x", packed, back, ok, septets)
		}
	})
}
