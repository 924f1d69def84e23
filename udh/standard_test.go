package udh

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// The values of this file were worked out by hand from the standards, not with this package.

// alphabetHex is the default alphabet of TS 23.038 §6.2.1 by code points, row by row of
// sixteen. 001B, the escape, is a space to who does not know it.
const alphabetHex = `
	0040 00A3 0024 00A5 00E8 00E9 00F9 00EC 00F2 00C7 000A 00D8 00F8 000D 00C5 00E5
	0394 005F 03A6 0393 039B 03A9 03A0 03A8 03A3 0398 039E 0020 00C6 00E6 00DF 00C9
	0020 0021 0022 0023 00A4 0025 0026 0027 0028 0029 002A 002B 002C 002D 002E 002F
	0030 0031 0032 0033 0034 0035 0036 0037 0038 0039 003A 003B 003C 003D 003E 003F
	00A1 0041 0042 0043 0044 0045 0046 0047 0048 0049 004A 004B 004C 004D 004E 004F
	0050 0051 0052 0053 0054 0055 0056 0057 0058 0059 005A 00C4 00D6 00D1 00DC 00A7
	00BF 0061 0062 0063 0064 0065 0066 0067 0068 0069 006A 006B 006C 006D 006E 006F
	0070 0071 0072 0073 0074 0075 0076 0077 0078 0079 007A 00E4 00F6 00F1 00FC 00E0`

// extensionHex is the extension table of TS 23.038 §6.2.1.1: code and code point.
const extensionHex = `
	0A000C 14005E 1B0020 28007B 29007D 2F005C 3C005B 3D007E 3E005D 40007C 6520AC`

func TestStandardAlphabet(t *testing.T) {
	codePoints := strings.Fields(alphabetHex)
	if len(codePoints) != 128 {
		t.Fatalf("the table has %d characters, want 128", len(codePoints))
	}
	want := make([]rune, 128)
	for code, hex := range codePoints {
		if _, err := fmt.Sscanf(hex, "%x", &want[code]); err != nil {
			t.Fatal(err)
		}
		if got := Decode([]byte{byte(code)}, GSM7); got != string(want[code]) {
			t.Errorf("%02X: got %q, want %q", code, got, want[code])
		}
	}
	extended := make(map[byte]rune)
	for _, hex := range strings.Fields(extensionHex) {
		var code byte
		var r rune
		if _, err := fmt.Sscanf(hex, "%02x%04x", &code, &r); err != nil {
			t.Fatal(err)
		}
		extended[code] = r
	}
	for code := range byte(128) {
		r, ok := extended[code]
		if !ok {
			r = want[code] // what the extension lacks is read with the default table
		}
		if got := Decode([]byte{0x1B, code}, GSM7); got != string(r) {
			t.Errorf("1B %02X: got %q, want %q", code, got, r)
		}
	}
}

// A character of ASCII takes two septets if it stands in the extension table only
// (TS 23.038 §6.2.1.1), and one otherwise.
func TestStandardSeptetsOfASCII(t *testing.T) {
	for c := range byte(utf8.RuneSelf) {
		want := 1
		if strings.IndexByte("\f[\\]^{|}~", c) >= 0 {
			want = 2
		}
		if got, ok := TextLen(ASCII, []byte{c}); got != want || !ok {
			t.Errorf("%q: got %d %v, want %d", c, got, ok, want)
		}
	}
}

// Texts packed by hand: the first septet in the low bits of the first octet, and so on
// (TS 23.038 §6.1.2.1).
func TestStandardPacked(t *testing.T) {
	for _, tt := range []struct {
		text   string // septets
		header int    // octets
		packed string
	}{
		{"A", 0, "41"},
		{"SMS", 0, "D3E614"},
		{"Test", 0, "D4F29C0E"},
		{"hellohello", 0, "E8329BFD4697D9EC37"},
		{"How are you?", 0, "C8F71D14969741F977FD07"},
		{"aaaaaaaa", 0, "E170381C0E87C3"},
		{"123456789", 0, "31D98C56B3DD7039"},
		{"\x00\x00", 0, "0000"},             // @@
		{"\x1B\x65", 0, "9B32"},             // €
		{"\x1B\x28\x1B\x29", 0, "1BD42605"}, // {}
		{"\x7F\x7F", 0, "FF3F"},             // àà
		{"ABCDEFG", 0, "41E19058341E1B"},    // seven bits are left: a carriage return
		{"a\nb", 0, "618518"},
		{strings.Repeat("a", 160), 0, strings.Repeat("E170381C0E87C3", 20)},
		{"Hi", 1, "00320D"}, // six fill bits
		{"Hi", 2, "009906"}, // five
		{"Hi", 3, "804C03"}, // four
		{"Hi", 4, "40A61B"}, // three, and seven bits are left
		{"Hi", 5, "20D3"},   // two
		{"Hi", 6, "9069"},   // one
		{"Hi", 7, "C834"},   // none
		{"Hi", 8, "00320D"}, // six again
	} {
		packed := unhex(tt.packed)
		got, ok := Pack(nil, []byte(tt.text), tt.header)
		if !ok || !bytes.Equal(got, packed) {
			t.Errorf("%q behind %d octets: got %X %v, want %s", tt.text, tt.header, got, ok, tt.packed)
		}
		if back, ok := Unpack(nil, packed, tt.header); !ok || string(back) != tt.text {
			t.Errorf("%s behind %d octets: got %q %v, want %q", tt.packed, tt.header, back, ok, tt.text)
		}
	}
}

// Room by the length of the header: 140 octets less the header, and 160 septets less the
// header's bits, filled up to whole septets (TS 23.040 §9.2.3.16, §9.2.3.24).
func TestStandardRoom(t *testing.T) {
	for headerLen, want := range [][3]int{ // septets, octets, UCS2 units
		{160, 140, 70},
		{158, 139, 69},
		{157, 138, 69},
		{156, 137, 68},
		{155, 136, 68},
		{154, 135, 67},
		{153, 134, 67},
		{152, 133, 66},
		{150, 132, 66},
		{149, 131, 65},
		{148, 130, 65},
		{147, 129, 64},
		{146, 128, 64},
		{145, 127, 63},
		{144, 126, 63},
		{142, 125, 62},
		{141, 124, 62},
		{140, 123, 61},
	} {
		for c, want := range map[Coding]int{GSM7: want[0], ASCII: want[0], Latin1: want[1], Octets: want[1], UCS2: want[2]} {
			if got := Room(c, headerLen); got != want {
				t.Errorf("%v behind %d octets: got %d, want %d", c, headerLen, got, want)
			}
		}
	}
}

// standardParts is how much fits in one message and in each part of several.
var standardParts = []struct {
	name string
	c    Coding
	e    Element
	wide bool // the reference has 16 bits
	one  int  // units in a message that is not cut
	part int  // units in each part
}{
	{"GSM 7-bit", GSM7, Element{}, false, 160, 153},
	{"GSM 7-bit, 16-bit reference", GSM7, Element{}, true, 160, 152},
	{"GSM 7-bit, number", GSM7, numbered, false, 154, 148},
	{"GSM 7-bit, number, 16-bit reference", GSM7, numbered, true, 154, 147},
	{"GSM 7-bit, proof", GSM7, proved, false, 149, 144},
	{"GSM 7-bit, proof, 16-bit reference", GSM7, proved, true, 149, 142},
	{"8-bit", Latin1, Element{}, false, 140, 134},
	{"8-bit, 16-bit reference", Latin1, Element{}, true, 140, 133},
	{"8-bit, number", Octets, numbered, false, 135, 130},
	{"8-bit, number, 16-bit reference", Octets, numbered, true, 135, 129},
	{"8-bit, proof", Latin1, proved, false, 131, 126},
	{"8-bit, proof, 16-bit reference", Latin1, proved, true, 131, 125},
	{"UCS2", UCS2, Element{}, false, 70, 67},
	{"UCS2, 16-bit reference", UCS2, Element{}, true, 70, 66},
	{"UCS2, number", UCS2, numbered, false, 67, 65},
	{"UCS2, number, 16-bit reference", UCS2, numbered, true, 67, 64},
	{"UCS2, proof", UCS2, proved, false, 65, 63},
	{"UCS2, proof, 16-bit reference", UCS2, proved, true, 65, 62},
}

var (
	numbered = Element{0x80, []byte{0, 1}}
	proved   = Element{0x80, []byte{0, 1, 0x9F, 0x3A, 0x01, 0xC2}}
)

// rooms makes the headers of a message that is not cut and of a part, and returns the room
// behind them.
func rooms(t *testing.T, c Coding, e Element, wide bool) (one, part int) {
	t.Helper()
	headerLen := 0
	if e.Data != nil {
		h, err := AppendHeader(nil, nil, nil, e)
		if err != nil {
			t.Fatal(err)
		}
		headerLen = len(h)
	}
	h, err := AppendHeader(nil, nil, &Part{Ref: 1, Wide: wide, Total: 2, Seq: 1}, e)
	if err != nil {
		t.Fatal(err)
	}
	return Room(c, headerLen), Room(c, len(h))
}

// letters is a text of n units.
func letters(c Coding, n int) []byte {
	if c == UCS2 {
		return bytes.Repeat([]byte{0x4F, 0x60}, n) // 你
	}
	return bytes.Repeat([]byte("a"), n)
}

// Texts of boundary lengths make as many parts as the standard says.
func TestStandardParts(t *testing.T) {
	for _, tt := range standardParts {
		t.Run(tt.name, func(t *testing.T) {
			one, part := rooms(t, tt.c, tt.e, tt.wide)
			if one != tt.one || part != tt.part {
				t.Fatalf("room: got %d, and %d in a part; want %d, %d", one, part, tt.one, tt.part)
			}
			if tt.e.Data != nil && (!FitsElement(tt.c, 0, tt.e.Len(), letters(tt.c, tt.one)) ||
				FitsElement(tt.c, 0, tt.e.Len(), letters(tt.c, tt.one+1))) {
				t.Errorf("the element fits in other texts than those of %d units", tt.one)
			}
			for n, want := range map[int]int{
				tt.part: 1, tt.part + 1: 2, tt.one + 1: 2, 2 * tt.part: 2, 2*tt.part + 1: 3, 3 * tt.part: 3, 3*tt.part + 1: 4,
				255 * tt.part: 255, 255*tt.part + 1: 0, // over: it is not cut
			} {
				ends, ok := Cut(letters(tt.c, n), tt.c, part)
				if len(ends) != want || ok != (want > 0) {
					t.Errorf("%d units: got %d parts, %v; want %d", n, len(ends), ok, want)
				}
			}
		})
	}
}

// A pair that would cross the border goes whole into the next part, which makes one part
// more of two that are full (TS 23.040 §9.2.3.24.1).
func TestStandardPairAtTheBorder(t *testing.T) {
	pairs := map[Coding][]byte{GSM7: unhex("1B65"), ASCII: []byte("["), UCS2: unhex("D83DDE00")} // €, [, 😀
	for _, tt := range standardParts {
		pair, ok := pairs[tt.c]
		if !ok {
			continue
		}
		before := letters(tt.c, tt.part-1)
		for _, more := range []struct {
			units int   // behind the pair
			parts []int // units of each
		}{
			{0, []int{tt.part - 1, 2}},
			{tt.part - 2, []int{tt.part - 1, tt.part}},
			{tt.part - 1, []int{tt.part - 1, tt.part, 1}}, // as many units as two parts have
		} {
			text := slices.Concat(before, pair, letters(tt.c, more.units))
			ends, _ := Cut(text, tt.c, tt.part)
			var got []int
			at := 0
			for _, end := range ends {
				units, _ := TextLen(tt.c, text[at:end])
				got, at = append(got, units), end
			}
			if !slices.Equal(got, more.parts) {
				t.Errorf("%s, %d behind the pair: got %d, want %d", tt.name, more.units, got, more.parts)
			}
		}
	}
}
