package udh

import (
	"iter"
	"unicode/utf16"

	"github.com/rivo/uniseg"
)

// MaxParts is how many parts a concatenated message may have (TS 23.040 §9.2.3.24.1).
const MaxParts = 255

// Cut returns where the parts of text end, if each part has room for so many units. There are
// as few parts as possible, and each is as full as possible. No part ends within a character,
// an escape pair or a surrogate pair (TS 23.040 §9.2.3.24.1). No part ends within what people
// see as one character, unless that alone is longer than a part. ok is false for text that
// cannot be cut: it would take more than MaxParts parts, is Opaque or Binary, or has half a
// character.
func Cut(text []byte, c Coding, room int) (ends []int, ok bool) {
	if c >= Opaque || room < 2 { // an escape pair
		return nil, false
	}
	if _, ok := TextLen(c, text); !ok {
		return nil, false
	}
	at, units := 0, 0
	for n, u := range clusters(text, c, room) {
		if units+u > room {
			ends = append(ends, at)
			units = 0
		}
		at, units = at+n, units+u
		if len(ends) == MaxParts {
			return nil, false
		}
	}
	return append(ends, at), true
}

// clusters iterates over the pieces that must stay together, none longer than room. It yields
// the octets and units of each.
func clusters(text []byte, c Coding, room int) iter.Seq2[int, int] {
	if c == UCS2 {
		return graphemes(text, room)
	}
	return func(yield func(n, u int) bool) {
		for at := 0; at < len(text); {
			n := 1
			if at+1 < len(text) && (c == GSM7 && text[at] == escape || text[at] == '\r' && text[at+1] == '\n') {
				n = 2
			}
			u, _ := TextLen(c, text[at:at+n])
			if !yield(n, u) {
				return
			}
			at += n
		}
	}
}

// graphemes iterates over the grapheme clusters of UCS2 text. A cluster that is longer than
// room is divided into code points.
func graphemes(text []byte, room int) iter.Seq2[int, int] {
	return func(yield func(n, u int) bool) {
		rest, state := decodeUCS2(text), -1
		for rest != "" {
			var cluster string
			cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
			units := 0
			for _, r := range cluster {
				units += unitsOf(r)
			}
			if units <= room {
				if !yield(2*units, units) {
					return
				}
				continue
			}
			for _, r := range cluster {
				if u := unitsOf(r); !yield(2*u, u) {
					return
				}
			}
		}
	}
}

// unitsOf is how many units of UCS2 a decoded rune came from; half a surrogate pair
// is decoded as one.
func unitsOf(r rune) int { return max(utf16.RuneLen(r), 1) }

// IsRepeatable reports whether the header can stand before each part of a message that is
// cut. Its elements must be about the whole message: none may point into the text or mark the
// message as a part (TS 23.040 §9.2.3.24).
func (h Header) IsRepeatable() bool {
	for e := range h.Elements() {
		switch {
		case e.ID == 0x01 || e.ID == 0x06 || e.ID == 0x07: // message waiting, SMSC control, UDH source
		case e.ID == 0x20 || e.ID == 0x22: // e-mail header, reply address
		case e.ID == singleShift || e.ID == lockingShift:
		case e.ID >= 0x80 && e.ID <= 0x9F || e.ID >= 0xC0 && e.ID <= 0xDF: // private to SMEs, to SMSCs
		default:
			return false
		}
	}
	return true
}
