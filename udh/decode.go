package udh

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// escape leads to the extension table of GSM 7-bit (TS 23.038 §6.2.1).
const escape = 0x1B

// gsm7 is the GSM 7-bit default alphabet (TS 23.038 §6.2.1); the escape stands as
// the space that it is shown as.
var gsm7 = [128]rune([]rune("@£$¥èéùìòÇ\nØø\rÅå" +
	"Δ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ" +
	" !\"#¤%&'()*+,-./" +
	"0123456789:;<=>?" +
	"¡ABCDEFGHIJKLMNO" +
	"PQRSTUVWXYZÄÖÑÜ§" +
	"¿abcdefghijklmno" +
	"pqrstuvwxyzäöñüà"))

// extension is the extension table of GSM 7-bit (TS 23.038 §6.2.1.1).
var extension = map[byte]rune{
	0x0A: '\f', 0x14: '^', 0x1B: ' ', 0x28: '{', 0x29: '}', 0x2F: '\\',
	0x3C: '[', 0x3D: '~', 0x3E: ']', 0x40: '|', 0x65: '€',
}

// septetOf returns the single septet that r has in the default alphabet.
func septetOf(r rune) (septet byte, ok bool) {
	for i, s := range gsm7 {
		if s == r && i != escape {
			return byte(i), true
		}
	}
	return 0, false
}

// Decode returns the text, which stands behind the header, as a handset with the
// default tables shows it. What is no character becomes U+FFFD; Octets and Binary
// are shown in hex.
func Decode(text []byte, c Coding) string {
	switch c {
	case GSM7:
		return decodeGSM7(text)
	case ASCII:
		return decodeOctets(text, utf8.RuneSelf)
	case Latin1:
		return decodeOctets(text, 0x100)
	case UCS2:
		return decodeUCS2(text)
	}
	return hex.EncodeToString(text)
}

func decodeGSM7(text []byte) string {
	var s strings.Builder
	for i := 0; i < len(text); i++ {
		b := text[i]
		if b == escape && i+1 < len(text) {
			i++
			b = text[i]
			if r, ok := extension[b]; ok {
				s.WriteRune(r)
				continue
			}
			// A code that the extension table lacks is read with the default table.
		}
		if b < utf8.RuneSelf {
			s.WriteRune(gsm7[b])
		} else {
			s.WriteRune(utf8.RuneError)
		}
	}
	return s.String()
}

// decodeOctets decodes an alphabet in which each octet below limit is its own
// code point.
func decodeOctets(text []byte, limit int) string {
	var s strings.Builder
	for _, b := range text {
		if int(b) < limit {
			s.WriteRune(rune(b))
		} else {
			s.WriteRune(utf8.RuneError)
		}
	}
	return s.String()
}

func decodeUCS2(text []byte) string {
	units := make([]uint16, 0, len(text)/2+1)
	for ; len(text) > 1; text = text[2:] {
		units = append(units, binary.BigEndian.Uint16(text))
	}
	if len(text) > 0 {
		units = append(units, utf8.RuneError)
	}
	return string(utf16.Decode(units))
}
