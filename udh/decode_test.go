package udh

import (
	"testing"
	"unicode/utf8"
)

func TestDecode(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		c          Coding
		want       string
	}{
		{"GSM 7-bit", "Hello \x00\x02\x5F", GSM7, "Hello @$§"},
		{"GSM 7-bit, rows", "\x0B\x10\x1E\x24\x40\x5B\x60\x7F", GSM7, "ØΔß¤¡Ä¿à"},
		{"extension", "\x1B\x65\x1B\x3C1\x1B\x3E\x1B\x14", GSM7, "€[1]^"},
		{"not in the extension", "\x1Ba", GSM7, "a"},
		{"a further extension", "a\x1B\x1Bb", GSM7, "a b"},
		{"escape at the end", "a\x1B", GSM7, "a "},
		{"no septet", "a\x80", GSM7, "a\uFFFD"},
		{"escape and no septet", "\x1B\x80", GSM7, "\uFFFD"},
		{"ASCII", "a{\xE9", ASCII, "a{\uFFFD"},
		{"Latin-1", "\xA7\xE9", Latin1, "§é"},
		{"UCS2", "\x25\xA1\x00\x30", UCS2, "□0"},
		{"surrogate pair", "\xD8\x3D\xDE\x00", UCS2, "😀"},
		{"half a pair", "\xD8\x3D", UCS2, "\uFFFD"},
		{"half a unit", "\x00a\x00", UCS2, "a\uFFFD"},
		{"other text", "\xD0\xD1", Octets, "d0d1"},
		{"binary", "\x00\x01", Binary, "0001"},
		{"nothing", "", UCS2, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Decode([]byte(tt.text), tt.c); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// Each octet of ASCII and of Latin-1 is its own code point; ASCII has none over 7F.
func TestDecodeOctets(t *testing.T) {
	for b := range 256 {
		ascii, latin1 := string(rune(b)), string(rune(b))
		if b > 0x7F {
			ascii = "\uFFFD"
		}
		if got := Decode([]byte{byte(b)}, ASCII); got != ascii {
			t.Errorf("ASCII %02X: got %q, want %q", b, got, ascii)
		}
		if got := Decode([]byte{byte(b)}, Latin1); got != latin1 {
			t.Errorf("Latin-1 %02X: got %q, want %q", b, got, latin1)
		}
	}
}

func TestSeptets(t *testing.T) {
	seen := make(map[rune]int)
	for i, r := range gsm7 {
		if j, ok := seen[r]; ok && i != escape && j != escape && r != ' ' {
			t.Errorf("%q stands at %02X and %02X", r, j, i)
		}
		seen[r] = i
		if got, ok := septetOf(r); i != escape && (!ok || got != byte(i)) {
			t.Errorf("%q: got %02X %v, want %02X", r, got, ok, i)
		}
		if !utf8.ValidRune(r) || r == utf8.RuneError {
			t.Errorf("%02X is no character", i)
		}
	}
	for _, r := range "€[]{}\\^~|□\x1B" {
		if got, ok := septetOf(r); ok {
			t.Errorf("%q: got %02X, want none", r, got)
		}
	}
}
