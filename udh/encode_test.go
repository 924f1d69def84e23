package udh

import (
	"testing"
	"unicode/utf8"
)

func TestEncode(t *testing.T) {
	for _, tt := range []struct {
		text   string
		coding Coding
		want   string
		ok     bool
	}{
		{"", GSM7, "", true},
		{"Hi @£§", GSM7, "Hi \x00\x01\x5f", true},
		{"{€}", GSM7, "\x1b\x28\x1b\x65\x1b\x29", true},
		{"你好", GSM7, "", false},
		{"~", ASCII, "~", true},
		{"é", ASCII, "", false},
		{"é§", Latin1, "\xe9\xa7", true},
		{"€", Latin1, "", false},
		{"你😀", UCS2, "\x4f\x60\xd8\x3d\xde\x00", true},
		{"Hi", Binary, "", false},
		{"", Binary, "", false},
	} {
		if got, ok := Encode(tt.text, tt.coding); string(got) != tt.want || ok != tt.ok {
			t.Errorf("%q in %v: got % x, %t, want % x, %t", tt.text, tt.coding, got, ok, tt.want, tt.ok)
		}
	}
}

// What Decode reads Encode writes.
func TestEncodeDecode(t *testing.T) {
	for _, c := range []Coding{GSM7, ASCII, Latin1, UCS2} {
		for r := range rune(0x3000) {
			octets, ok := Encode(string(r), c)
			if ok && Decode(octets, c) != string(r) || !ok && c == UCS2 && utf8.ValidRune(r) {
				t.Errorf("%U in %v: % x, %t is %q", r, c, octets, ok, Decode(octets, c))
			}
		}
	}
	for septet := range byte(0x80) {
		text := Decode([]byte{septet}, GSM7)
		if got, ok := Encode(text, GSM7); septet != escape && (!ok || string(got) != string([]byte{septet})) {
			t.Errorf("septet %02x is %q, and that % x", septet, text, got)
		}
	}
}
