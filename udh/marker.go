package udh

import (
	"bytes"
	"errors"
	"fmt"
	"unicode"
)

const (
	markerDigits = 3
	// MaxMarked is the highest number that a marker can show.
	MaxMarked = 999
)

// Errors of a marker.
var (
	ErrNoMarker = errors.New("the coding has no marker")
	ErrRange    = errors.New("the number has more than three digits")
	ErrText     = errors.New("the text ends within a character")
)

// Marker carries the number of a message at the end of its text: a symbol of the
// coding and three digits. Its zero value has no symbols.
type Marker struct {
	symbols [codings]symbol
}

// symbol is a character in one coding.
type symbol struct {
	octets [2]byte
	width  int // octets of a character; zero: no symbol
	units  int // what the symbol takes of the room
}

// DefaultMarker is □ in UCS2, § in GSM 7-bit and Latin-1, and # in ASCII.
var DefaultMarker = Marker{[codings]symbol{
	GSM7:   {[2]byte{0x5F}, 1, 1},
	ASCII:  {[2]byte{'#'}, 1, 1},
	Latin1: {[2]byte{0xA7}, 1, 1},
	UCS2:   {[2]byte{0x25, 0xA1}, 2, 1},
}}

// NewMarker makes a marker of the symbols for each coding. A symbol must be a
// visible character of its alphabet other than a digit: in UCS2 one unit, in GSM
// 7-bit one septet.
func NewMarker(ucs2, gsm7, latin1, ascii rune) (Marker, error) {
	septet, isGSM7 := septetOf(gsm7)
	for _, s := range []struct {
		coding Coding
		r      rune
		in     bool
	}{
		{UCS2, ucs2, ucs2 <= 0xFFFF},
		{GSM7, gsm7, isGSM7},
		{Latin1, latin1, latin1 <= 0xFF},
		{ASCII, ascii, ascii <= 0x7F},
	} {
		if !s.in || s.r < 0 || !unicode.IsPrint(s.r) || s.r == ' ' || s.r >= '0' && s.r <= '9' {
			return Marker{}, fmt.Errorf("marker symbol %q cannot be used in %v", s.r, s.coding)
		}
	}
	asciiUnits, _ := TextLen(ASCII, []byte{byte(ascii)})
	return Marker{[codings]symbol{
		GSM7:   {[2]byte{septet}, 1, 1},
		ASCII:  {[2]byte{byte(ascii)}, 1, asciiUnits},
		Latin1: {[2]byte{byte(latin1)}, 1, 1},
		UCS2:   {[2]byte{byte(ucs2 >> 8), byte(ucs2)}, 2, 1},
	}}, nil
}

func (m Marker) symbol(c Coding) symbol {
	if c >= codings {
		return symbol{}
	}
	return m.symbols[c]
}

// Len is what the marker takes of the room, in the units of Room; zero if the
// coding has no marker.
func (m Marker) Len(c Coding) int {
	s := m.symbol(c)
	if s.width == 0 {
		return 0
	}
	return s.units + markerDigits
}

// Fits reports whether text and the marker fit in one message behind a header of
// headerLen octets, zero if there is none.
func (m Marker) Fits(c Coding, headerLen int, text []byte) bool {
	units, ok := TextLen(c, text)
	n := m.Len(c)
	return ok && n > 0 && units+n <= Room(c, headerLen)
}

// Append appends to dst the text, which stands behind the header, and the marker
// of number n. The error is ErrNoMarker, ErrRange or ErrText, and dst comes back
// as it was. dst and text must not overlap.
func (m Marker) Append(dst, text []byte, c Coding, n uint16) ([]byte, error) {
	s := m.symbol(c)
	switch {
	case s.width == 0:
		return dst, ErrNoMarker
	case n > MaxMarked:
		return dst, ErrRange
	case len(text)%s.width != 0 || c == GSM7 && endsInEscape(text):
		return dst, ErrText
	}
	dst = append(dst, text...)
	dst = append(dst, s.octets[:s.width]...)
	for _, d := range [markerDigits]uint16{n / 100, n / 10 % 10, n % 10} {
		if s.width == 2 {
			dst = append(dst, 0)
		}
		dst = append(dst, '0'+byte(d))
	}
	return dst, nil
}

// FindAny is Find for the receiver of a message. On the way an SMSC may have changed ASCII or
// Latin-1 to GSM 7-bit or UCS2, with the symbol of the original alphabet. rest is text
// without the marker, a part of text.
func (m Marker) FindAny(text []byte, c Coding) (n uint16, rest []byte, ok bool) {
	for from := range codings {
		s, ok := m.symbol(from).in(from, c)
		if !ok {
			continue
		}
		if n, ok := s.find(text, c); ok {
			return n, text[:len(text)-(1+markerDigits)*s.width], true
		}
	}
	return 0, text, false
}

// in returns the symbol of one alphabet in another. ok is false if the other alphabet lacks
// it, or has it only as two septets.
func (s symbol) in(from, to Coding) (symbol, bool) {
	if s.width == 0 {
		return symbol{}, false
	}
	r := rune(s.octets[0])
	switch from {
	case GSM7:
		r = gsm7[s.octets[0]]
	case UCS2:
		r = r<<8 | rune(s.octets[1])
	}
	switch to {
	case GSM7:
		septet, ok := septetOf(r)
		return symbol{octets: [2]byte{septet}, width: 1}, ok
	case ASCII:
		return symbol{octets: [2]byte{byte(r)}, width: 1}, r < 0x80
	case Latin1:
		return symbol{octets: [2]byte{byte(r)}, width: 1}, r < 0x100
	case UCS2:
		return symbol{octets: [2]byte{byte(r >> 8), byte(r)}, width: 2}, true
	}
	return symbol{}, false
}

// Find returns the number of the marker that text ends with.
func (m Marker) Find(text []byte, c Coding) (n uint16, ok bool) {
	return m.symbol(c).find(text, c)
}

// find returns the number behind the symbol, which is one of the coding.
func (s symbol) find(text []byte, c Coding) (n uint16, ok bool) {
	at := len(text) - (1+markerDigits)*s.width
	if s.width == 0 || at < 0 || len(text)%s.width != 0 ||
		!bytes.Equal(text[at:at+s.width], s.octets[:s.width]) ||
		c == GSM7 && endsInEscape(text[:at]) { // then it is another character
		return 0, false
	}
	for i := at + s.width; i < len(text); i += s.width {
		d := text[i+s.width-1]
		if d < '0' || d > '9' || s.width == 2 && text[i] != 0 {
			return 0, false
		}
		n = 10*n + uint16(d-'0')
	}
	return n, true
}

// Remove returns text without the marker at its end, a part of text: it undoes Append. If
// there is no marker, ok is false and text is unchanged.
func (m Marker) Remove(text []byte, c Coding) (rest []byte, ok bool) {
	if _, ok = m.Find(text, c); !ok {
		return text, false
	}
	return text[:len(text)-(1+markerDigits)*m.symbol(c).width], true
}

// endsInEscape reports whether what follows GSM 7-bit text would be read with the
// extension table (TS 23.038 §6.2.1.1).
func endsInEscape(text []byte) bool {
	return len(text) > 0 && text[len(text)-1] == escape
}
