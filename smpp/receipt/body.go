package receipt

import (
	"bytes"
	"encoding/binary"

	"readback/smpp"
)

// dataCodingUCS2 is the data_coding of UCS2 (SMPP 3.4 §5.2.19). In the other codings that
// a receipt may have, the characters of names, numbers and message_ids are the same octets:
// in GSM 7-bit (unpacked), ASCII and Latin-1.
const dataCodingUCS2 = 0x08

// byteOrderMark marks the words of a message that are UCS2, among those of other codings.
const byteOrderMark = "\xFE\xFF"

// body is the user data of a receipt.
type body struct {
	header []byte // user data header, usually none
	raw    []byte // the text as it stands
	text   []byte // the same with one octet for each character
	width  int    // octets of a character in raw
	spans  spans  // of the fields in text
}

// readBody reads the user data of a receipt. Some SMSCs write the text in ASCII and give it
// the data_coding of the message, and some write it in UCS2 and give it none: text that has no fields
// in the one way is read in the other.
func readBody(esmClass, dataCoding byte, userData []byte) body {
	var b body
	n := 0
	if esmClass&smpp.ESMClassUDHI != 0 {
		n = headerLen(userData)
	}
	b.header, b.raw = userData[:n], userData[n:]
	isUCS2 := dataCoding == dataCodingUCS2
	if isUCS2 && b.readWide() || b.readOctets() || !isUCS2 && b.readWide() {
		return b
	}
	b.readOctets()
	return b
}

// readOctets reads the text octet by octet. It returns false if there are no fields.
func (b *body) readOctets() bool {
	b.text, b.width = bytes.TrimRight(b.raw, "\x00"), 1
	b.spans = findFields(b.text)
	return b.spans != (spans{})
}

// readWide reads the text as UCS2. It returns false if there are no fields.
func (b *body) readWide() bool {
	b.text, b.width = bytes.TrimRight(narrow(b.raw), "\x00"), 2
	b.spans = findFields(b.text)
	return b.spans != (spans{})
}

// headerLen is the length of the user data header at the beginning of userData, and zero if
// there is no well-formed one (TS 23.040 §9.2.3.24): some SMSCs copy UDHI from the message,
// without its header.
func headerLen(userData []byte) int {
	if len(userData) == 0 || userData[0] == 0 || len(userData) <= int(userData[0]) {
		return 0
	}
	end := 1 + int(userData[0])
	at := 1
	for at+1 < end {
		at += 2 + int(userData[at+1]) // identifier, length and data of an element
	}
	if at != end {
		return 0
	}
	return end
}

// narrow returns UCS2 with one octet for each character. Characters beyond ASCII become
// question marks, and a byte order mark a space.
func narrow(ucs2 []byte) []byte {
	text := make([]byte, 0, len(ucs2)/2)
	for ; len(ucs2) > 1; ucs2 = ucs2[2:] {
		switch c := binary.BigEndian.Uint16(ucs2); {
		case c < 0x80:
			text = append(text, byte(c))
		case c == 0xFEFF:
			text = append(text, ' ')
		default:
			text = append(text, '?')
		}
	}
	return text
}

// value returns the value of a field, one octet for each character. It is nil if the text
// lacks the field.
func (b *body) value(f field) []byte {
	if !b.spans.has(f) {
		return nil
	}
	return b.text[b.spans[f].start:b.spans[f].end]
}

// rawText returns the value of the field text in the coding of the receipt. UCS2 gets a
// byte order mark.
func (b *body) rawText() string {
	v := b.spans[fieldText]
	if b.width == 1 {
		return string(b.text[v.start:v.end])
	}
	if v.start == v.end {
		return ""
	}
	return byteOrderMark + string(b.raw[v.start*b.width:v.end*b.width])
}

// appendEncoded appends a value to text of the coding of the receipt.
func (b *body) appendEncoded(dst []byte, value string) []byte {
	ucs2, isUCS2 := bytes.CutPrefix([]byte(value), []byte(byteOrderMark))
	switch {
	case isUCS2 && b.width == 2:
		return append(dst, ucs2[:len(ucs2)&^1]...)
	case isUCS2:
		return append(dst, narrow(ucs2)...)
	case b.width == 1:
		return append(dst, value...)
	}
	for _, c := range []byte(value) {
		dst = append(dst, 0, c)
	}
	return dst
}
