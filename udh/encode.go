package udh

import (
	"unicode/utf16"
	"unicode/utf8"
)

// Encode returns a text as a handset or an ESME writes it in a coding, the reverse of Decode: GSM7
// unpacked, with escapes for the characters of the extension table. ok is false if the coding lacks a
// character, and for codings other than GSM7, ASCII, Latin1 and UCS2.
func Encode(text string, c Coding) (octets []byte, ok bool) {
	for _, r := range text {
		before := len(octets)
		switch {
		case c == GSM7:
			octets = appendGSM7(octets, r)
		case c == ASCII && r < utf8.RuneSelf, c == Latin1 && r < 0x100:
			octets = append(octets, byte(r))
		case c == UCS2 && r != utf8.RuneError:
			for _, unit := range utf16.AppendRune(nil, r) {
				octets = append(octets, byte(unit>>8), byte(unit))
			}
		}
		if len(octets) == before {
			return nil, false
		}
	}
	return octets, c == GSM7 || c == ASCII || c == Latin1 || c == UCS2
}

// appendGSM7 appends a character, or nothing if there is no such one.
func appendGSM7(dst []byte, r rune) []byte {
	if septet, ok := septetOf(r); ok {
		return append(dst, septet)
	}
	for septet, one := range extension {
		if one == r && septet != escape {
			return append(dst, escape, septet)
		}
	}
	return dst
}
