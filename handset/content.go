package handset

import (
	"bytes"

	"readback/udh"
)

// content holds the pieces of one part.
type content struct {
	header udh.Header // nil if there is none
	broken bool       // there is a header that cannot be read
	text   []byte
	coding udh.Coding
}

// split separates the header from the text. A malformed header is ignored as a whole (TS
// 23.040 §9.2.3.24).
func (p Part) split() content {
	c := content{text: p.UserData, coding: p.Coding}
	if !p.HasUDH {
		return c
	}
	h, err := udh.ParseHeader(p.UserData)
	if err == nil {
		c.header, c.text = h, p.UserData[h.Len():]
		return c
	}
	c.broken = true
	if len(c.text) > 0 {
		c.text = c.text[min(1+int(c.text[0]), len(c.text)):]
	}
	return c
}

// number returns the contents of element iei. The proof is a copy.
func (c content) number(iei byte) (n uint16, proof []byte, ok bool) {
	if n, ok = udh.Number(c.header, iei); !ok {
		return 0, nil, false
	}
	e, _ := c.header.Find(iei)
	return n, bytes.Clone(e.Data[udh.NumberLen:]), true
}

// endsMessage reports whether a marker at the end of the text can be a gateway's. It cannot
// before the last part, or where a national table gives the symbol another meaning.
func (c content) endsMessage() bool {
	where, _ := c.header.Concat()
	return !c.broken && where.Seq == where.Total && (c.coding != udh.GSM7 || !c.header.HasLockingShift())
}

// decode returns the text of all parts. It joins adjacent texts of one coding before it
// decodes them, since a sender may have divided a character between two parts.
func decode(parts []content) string {
	var text string
	var octets []byte
	for i, c := range parts {
		octets = append(octets, c.text...)
		if i+1 == len(parts) || parts[i+1].coding != c.coding {
			text += udh.Decode(octets, c.coding)
			octets = octets[:0]
		}
	}
	return text
}
