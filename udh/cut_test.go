package udh

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// ucs2 encodes s.
func ucs2(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u>>8), byte(u))
	}
	return b
}

func TestCut(t *testing.T) {
	a := strings.Repeat
	for _, tt := range []struct {
		name string
		text []byte
		c    Coding
		room int
		ends []int // nil: not cut
	}{
		{"fits", []byte("abc"), GSM7, 3, []int{3}},
		{"even", []byte("abcdef"), GSM7, 3, []int{3, 6}},
		{"rest", []byte("abcdefg"), Latin1, 3, []int{3, 6, 7}},
		{"155 septets", []byte(a("a", 155)), GSM7, 148, []int{148, 155}},
		{"escape pair", []byte("ab\x1B\x65d"), GSM7, 3, []int{2, 5}},
		{"escapes only", []byte("\x1B\x65\x1B\x65"), GSM7, 3, []int{2, 4}},
		{"lone escape at the end", []byte("abc\x1B"), GSM7, 3, []int{3, 4}},
		{"ASCII that takes two septets", []byte("ab[d"), ASCII, 3, []int{2, 4}},
		{"carriage return and line feed", []byte("ab\r\nc"), ASCII, 3, []int{2, 5}},
		{"carriage return and another character", []byte("ab\rdc"), ASCII, 3, []int{3, 5}},
		{"line feed behind another character", []byte("abd\nc"), GSM7, 3, []int{3, 5}},
		{"octet 1B in another alphabet", []byte("ab\x1Bdc"), Latin1, 3, []int{3, 5}},
		{"octet 1B of ASCII", []byte("ab\x1Bdc"), ASCII, 3, []int{3, 5}},
		{"Cyrillic", []byte(a("\xD0", 131)), Octets, 130, []int{130, 131}},
		{"UCS2", ucs2("abcd"), UCS2, 3, []int{6, 8}},
		{"surrogate pair", ucs2("ab😀c"), UCS2, 3, []int{4, 10}},
		{"combining accent", ucs2("abe\u0301c"), UCS2, 3, []int{4, 10}},
		{"family", ucs2("a👨‍👩‍👧b"), UCS2, 8, []int{2, 18, 20}},
		{"family longer than a part", ucs2("a👨‍👩‍👧"), UCS2, 4, []int{8, 14, 18}},
		{"flags", ucs2("🇨🇳🇬🇧"), UCS2, 6, []int{8, 16}},
		{"half a surrogate pair", []byte{0xD8, 0x3D, 0, 'a', 0, 'b'}, UCS2, 2, []int{4, 6}},
		{"most parts", []byte(a("ab", 255)), GSM7, 2, twos(255)},
		{"too many parts", []byte(a("ab", 255) + "c"), GSM7, 2, nil},
		{"far too many parts", []byte(a("ab", 300)), Latin1, 2, nil},
		{"far too many parts of UCS2", ucs2(a("ab", 300)), UCS2, 2, nil},
		{"far too many parts of long clusters", ucs2(a("👨‍👩‍👧", 300)), UCS2, 4, nil},
		{"half a unit", []byte{0, 'a', 0}, UCS2, 3, nil},
		{"opaque", []byte("abcd"), Opaque, 3, nil},
		{"binary", []byte("abcd"), Binary, 3, nil},
		{"no room", []byte("abcd"), GSM7, 1, nil},
		{"nothing", nil, GSM7, 3, []int{0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ends, ok := Cut(tt.text, tt.c, tt.room)
			if !slices.Equal(ends, tt.ends) || ok != (tt.ends != nil) {
				t.Errorf("got %v %v, want %v", ends, ok, tt.ends)
			}
		})
	}
}

// twos is the ends of n parts of two octets.
func twos(n int) (ends []int) {
	for i := range n {
		ends = append(ends, 2*(i+1))
	}
	return ends
}

// FuzzCut cuts any text: the parts are the text, each fits, and none ends within a
// character.
func FuzzCut(f *testing.F) {
	f.Add([]byte("ab\x1B\x65d"), byte(GSM7), byte(3))
	f.Add(ucs2("a👨‍👩‍👧b"), byte(UCS2), byte(5))
	f.Add([]byte("ab\r\n[c"), byte(ASCII), byte(2))
	f.Fuzz(func(t *testing.T, text []byte, coding, room byte) {
		c := Coding(coding) % codings
		ends, ok := Cut(text, c, int(room))
		if !ok {
			return
		}
		at := 0
		for i, end := range ends {
			part := text[at:end]
			units, ok := TextLen(c, part)
			switch {
			case end < at || !ok || units > int(room):
				t.Fatalf("part %d is %x: %d units of %d, %v", i, part, units, room, ok)
			case i < len(ends)-1 && len(part) == 0:
				t.Fatalf("part %d is empty", i)
			case i < len(ends)-1 && c == GSM7 && endsInHalf(part):
				t.Fatalf("part %d ends within an escape pair: %x", i, part)
			case i < len(ends)-1 && c == UCS2 && splitsPair(text, end):
				t.Fatalf("part %d ends within a surrogate pair: %x", i, part)
			}
			at = end
		}
		if at != len(text) {
			t.Fatalf("the parts end at %d of %d", at, len(text))
		}
	})
}

// endsInHalf reports whether GSM 7-bit text ends with an escape that begins a pair.
func endsInHalf(text []byte) bool {
	for i := 0; i < len(text); i++ {
		if text[i] == escape {
			if i++; i == len(text) {
				return true
			}
		}
	}
	return false
}

func splitsPair(text []byte, at int) bool {
	return utf16.IsSurrogate(rune(text[at-2])<<8) && text[at-2]&0xFC == 0xD8 && text[at]&0xFC == 0xDC
}

func TestIsRepeatable(t *testing.T) {
	for _, tt := range []struct {
		name, header string
		want         bool
	}{
		{"none", "", true},
		{"national language", "03 240101", true},
		{"locking and single shift", "06 240101 250101", true},
		{"private", "04 9002ABCD", true},
		{"text formatting", "05 0A03000501", false},
		{"a part", "05 0003640201", false},
		{"a part that does not count", "05 0003640001", false},
		{"port", "04 04020102", false},
	} {
		var h Header
		if tt.header != "" {
			var err error
			if h, err = ParseHeader(unhex(tt.header)); err != nil {
				t.Fatal(err)
			}
		}
		if got := h.IsRepeatable(); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// These elements may be repeated, and no others (TS 23.040 §9.2.3.24).
func TestIsRepeatableElements(t *testing.T) {
	repeatable := unhex("01 06 07 20 22 24 25")
	for id := 0x80; id <= 0x9F; id++ { // private to SMEs
		repeatable = append(repeatable, byte(id))
	}
	for id := 0xC0; id <= 0xDF; id++ { // private to SMSCs
		repeatable = append(repeatable, byte(id))
	}
	for id := range 256 {
		want := bytes.IndexByte(repeatable, byte(id)) >= 0
		for _, ud := range [][]byte{{2, byte(id), 0}, {4, byte(id), 0, 0x24, 0}, {4, 0x24, 0, byte(id), 0}} {
			h, err := ParseHeader(ud)
			if err != nil {
				t.Fatal(err)
			}
			if got := h.IsRepeatable(); got != want {
				t.Errorf("% X: got %v, want %v", ud, got, want)
			}
		}
	}
}

func TestAppendHeader(t *testing.T) {
	own, err := ParseHeader(unhex("03 240101"))
	if err != nil {
		t.Fatal(err)
	}
	number := NumberElement(iei, 1)
	for _, tt := range []struct {
		name string
		own  Header
		part *Part
		e    Element
		want string
	}{
		{"number", nil, nil, number, "04 80020001"},
		{"part and number", nil, &Part{Ref: 0x64, Total: 2, Seq: 1}, number, "09 0003640201 80020001"},
		{"wide part and number", nil, &Part{Ref: 0x1234, Wide: true, Total: 3, Seq: 2}, number, "0A 080412340302 80020001"},
		{"part and no number", nil, &Part{Ref: 0x1234, Wide: true, Total: 3, Seq: 2}, Element{}, "06 080412340302"},
		{"part, own and number", own, &Part{Ref: 0x64, Total: 2, Seq: 1}, number, "0C 0003640201 240101 80020001"},
		{"proof", nil, nil, Element{iei, unhex("0001 9F3A01C2")}, "08 8006 0001 9F3A01C2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := AppendHeader([]byte("dst"), tt.own, tt.part, tt.e)
			if err != nil || !bytes.Equal(got[3:], unhex(tt.want)) {
				t.Errorf("got %x %v, want %x", got[3:], err, unhex(tt.want))
			}
		})
	}
}
