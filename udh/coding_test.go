package udh

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestRoom(t *testing.T) {
	for _, tt := range []struct {
		name                 string
		headerLen            int
		gsm7, octets8, units int
	}{
		{"none", 0, 160, 140, 70},
		{"concat8", 6, 153, 134, 67},
		{"concat16", 7, 152, 133, 66},
		{"number", 5, 154, 135, 67},
		{"concat8 + number", 10, 148, 130, 65},
		{"concat16 + number", 11, 147, 129, 64},
		{"number + 1 NL", 8, 150, 132, 66},
		{"concat8 + number + 1 NL", 13, 145, 127, 63},
		{"concat8 + number + 2 NL", 16, 141, 124, 62},
		{"port16 + number", 11, 147, 129, 64},
		{"concat8 + port16 + number", 16, 141, 124, 62},
		{"concat16 + port16 + number", 17, 140, 123, 61},
		{"nothing left", 140, 0, 0, 0},
		{"too long", 256, 0, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for c, want := range map[Coding]int{
				GSM7: tt.gsm7, ASCII: tt.gsm7, UCS2: tt.units,
				Latin1: tt.octets8, Octets: tt.octets8, Opaque: tt.octets8, Binary: tt.octets8,
			} {
				if got := Room(c, tt.headerLen); got != want {
					t.Errorf("%v behind %d octets: got %d, want %d", c, tt.headerLen, got, want)
				}
			}
		})
	}
}

func TestTextLen(t *testing.T) {
	for _, tt := range []struct {
		name string
		c    Coding
		text string
		want int
		ok   bool
	}{
		{"septets", GSM7, "Hello", 5, true},
		{"an escape and its septet", GSM7, "\x1B\x65", 2, true},
		{"ASCII", ASCII, "Hello", 5, true},
		{"ASCII of two septets each", ASCII, "^{}[]~\\|", 16, true},
		{"ASCII form feed", ASCII, "\f", 2, true},
		{"Latin-1", Latin1, "{\xA7}", 3, true},
		{"UCS2", UCS2, "\x00H\x00i", 2, true},
		{"surrogate pair", UCS2, "\xD8\x3D\xDE\x00", 2, true},
		{"half a unit", UCS2, "\x00H\x00", 1, false},
		{"octets", Octets, "\xD0\xD1", 2, true},
		{"binary", Binary, "\x00", 1, true},
		{"nothing", UCS2, "", 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := TextLen(tt.c, []byte(tt.text)); got != tt.want || ok != tt.ok {
				t.Errorf("got %d %v, want %d %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestFitsElement(t *testing.T) {
	for _, tt := range []struct {
		name      string
		c         Coding
		headerLen int
		longest   int // octets of text
	}{
		{"GSM 7-bit", GSM7, 0, 154},
		{"GSM 7-bit, concat8", GSM7, 6, 148},
		{"GSM 7-bit, concat16", GSM7, 7, 147},
		{"8-bit", Latin1, 0, 135},
		{"8-bit, concat8", Octets, 6, 130},
		{"UCS2", UCS2, 0, 2 * 67},
		{"UCS2, concat8", UCS2, 6, 2 * 65},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := bytes.Repeat([]byte("a"), tt.longest+2)
			if !FitsElement(tt.c, tt.headerLen, ElementLen, text[:tt.longest]) {
				t.Errorf("%d octets do not fit", tt.longest)
			}
			if FitsElement(tt.c, tt.headerLen, ElementLen, text) {
				t.Errorf("%d octets fit, want at most %d", len(text), tt.longest)
			}
		})
	}
	if FitsElement(GSM7, 0, ElementLen+ProofLen, make([]byte, 150)) || !FitsElement(GSM7, 0, ElementLen+ProofLen, make([]byte, 149)) {
		t.Error("with its proof the element leaves 149 septets")
	}
	if FitsElement(UCS2, 0, ElementLen, []byte{0}) {
		t.Error("half a unit of UCS2 fits")
	}
	if brackets := []byte(strings.Repeat("[", 78)); FitsElement(ASCII, 0, ElementLen, brackets) {
		t.Error("156 septets of ASCII fit in 154")
	}
}

// CodingOf agrees with testdata/data_coding.txt, which has all values.
func TestCodingOf(t *testing.T) {
	table, err := os.ReadFile("testdata/data_coding.txt")
	if err != nil {
		t.Fatal(err)
	}
	next := 0
	for line := range strings.Lines(string(table)) {
		var dc byte
		var want string
		if strings.HasPrefix(line, "#") {
			continue
		}
		if _, err := fmt.Sscanf(line, "%X %s", &dc, &want); err != nil || int(dc) != next {
			t.Fatalf("%q: %v, want the row of %02X", line, err, next)
		}
		next++
		for _, def := range []Coding{GSM7, Latin1} {
			name := want
			if want == "default" {
				name = def.String()
			}
			if got := CodingOf(dc, def).String(); got != name {
				t.Errorf("data_coding %02X: got %s, want %s", dc, got, name)
			}
		}
	}
	if next != 256 {
		t.Errorf("the table has %d values, want 256", next)
	}
}

func TestCodingString(t *testing.T) {
	for c, want := range map[Coding]string{
		GSM7: "gsm7", ASCII: "ascii", Latin1: "latin1", UCS2: "ucs2", Octets: "octets", Opaque: "opaque", Binary: "binary", codings: "unknown", 99: "unknown",
	} {
		if got := c.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
