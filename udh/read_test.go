package udh

import (
	"encoding/hex"
	"strings"
	"testing"
)

// A read response is a number and a status, or those and the number's proof. Any other
// length is somebody else's.
func TestReadResponseLengths(t *testing.T) {
	for iedl := range 16 {
		ud := append([]byte{byte(2 + iedl), 0x81, byte(iedl)}, 0x12, 0x34, 0x02, 0xA1, 0xA2, 0xA3, 0xA4)
		ud = append(ud, make([]byte, 16)...)[:3+iedl]
		n, status, proof, ok := ReadResponse(ud, 0x81)
		switch got := hex.EncodeToString(proof); {
		case iedl == 3 && (!ok || n != 0x1234 || status != 2 || proof != nil):
			t.Errorf("without proof: got %#x %d %x %v, want 0x1234 2", n, status, proof, ok)
		case iedl == 7 && (!ok || n != 0x1234 || status != 2 || got != "a1a2a3a4"):
			t.Errorf("with proof: got %#x %d %x %v, want 0x1234 2 a1a2a3a4", n, status, proof, ok)
		case iedl != 3 && iedl != 7 && (ok || n != 0 || status != 0 || proof != nil):
			t.Errorf("IEDL %d: got %#x %d %x %v, want none", iedl, n, status, proof, ok)
		}
	}
}

func TestReadResponse(t *testing.T) {
	for _, tt := range []struct {
		name, ud string
		number   uint16
		status   byte
		proof    string
		ok       bool
	}{
		{"read", "05 8103001101", 17, 1, "", true},
		{"deleted unread, with text", "05 8103010102 4869", 257, 2, "", true},
		{"with proof", "09 8107001101 9F3A01C2", 17, 1, "9f3a01c2", true},
		{"behind another element", "09 9002ABCD 8103001101", 17, 1, "", true},
		{"a part of a message", "0A 0003640201 8103001101", 0, 0, "", false},
		{"of another length", "04 81020011", 0, 0, "", false},
		{"another element", "05 8003001101", 0, 0, "", false},
		{"broken header", "06 8103001101", 0, 0, "", false},
		{"nothing", "", 0, 0, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n, status, proof, ok := ReadResponse(unhex(tt.ud), 0x81)
			if n != tt.number || status != tt.status || hex.EncodeToString(proof) != tt.proof || ok != tt.ok {
				t.Errorf("got %d %d %x %v, want %d %d %s %v", n, status, proof, ok, tt.number, tt.status, tt.proof, tt.ok)
			}
		})
	}
}

// An element in the form of a read response is found wherever it stands, and in a part of a message, too.
func TestHasRead(t *testing.T) {
	for _, tt := range []struct {
		name, ud string
		want     string // the header without the read responses; - if there is none
	}{
		{"read", "05 8103001101", ""},
		{"with proof", "09 8107001101 9F3A01C2", ""},
		{"in front of another element", "09 8103001101 9002ABCD", "049002ABCD"},
		{"behind another element", "09 9002ABCD 8103001101", "049002ABCD"},
		{"twice", "0E 8103001101 9002ABCD 8103001201", "049002ABCD"},
		{"in front of one of another length", "09 8103001101 81020011", "0481020011"},
		{"behind one of another length", "09 81020011 8103001101", "0481020011"},
		{"a part of a message", "0A 0003640201 8103001101", "050003640201"},
		{"of another length", "04 81020011", "-"},
		{"another element", "05 8003001101", "-"},
		{"its octets as those of another", "08 9006 810300110100", "-"},
		{"broken header", "06 8103001101", "-"},
		{"text", "4869 8103001101", "-"},
		{"nothing", "", "-"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := "-"
			if ud := append(unhex(tt.ud), "Hello"...); HasRead(ud, 0x81) {
				got = strings.ToUpper(hex.EncodeToString(AppendWithoutReads([]byte{0xFF}, ud, 0x81)[1:]))
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
