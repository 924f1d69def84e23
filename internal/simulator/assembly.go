package simulator

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"

	"readback/smpp"
	"readback/udh"
)

// maxAssembling is how many messages a handset puts together at a time; when one
// more begins, the oldest is given up.
const maxAssembling = 32

// part is one short message as it came, perhaps a part of a longer one.
type part struct {
	from    string
	coding  udh.Coding
	header  []byte // with its length octet
	text    []byte // behind the header
	element udh.Element
	where   udh.Part // zero if the message is whole
}

// newPart copies what a handset sees of m.
func newPart(m smpp.Message, opt *HandsetOptions) *part {
	p := &part{
		from:   string(m.From.Addr),
		coding: udh.CodingOf(m.DataCoding(), opt.Default),
		text:   bytes.Clone(m.UserData()),
	}
	if !m.HasUDH() {
		p.where = sarPart(m)
		return p
	}
	h, err := udh.ParseHeader(p.text)
	if err != nil { // the whole header is ignored (TS 23.040 §9.2.3.24)
		if len(p.text) > 0 {
			p.text = p.text[min(1+int(p.text[0]), len(p.text)):]
		}
		return p
	}
	if _, ok := udh.Number(p.text, opt.IEI); ok {
		p.element, _ = h.Find(opt.IEI)
	}
	p.where, _ = h.Concat()
	p.header, p.text = h, p.text[h.Len():]
	return p
}

// sarPart is the part that the sar_* TLVs tell of, all three of them (SMPP 3.4
// §5.3.2.22 to §5.3.2.24).
func sarPart(m smpp.Message) udh.Part {
	p := udh.Part{Wide: true}
	hasRef := false
	tlvs := m.TLVs()
	for tlv, ok := tlvs.Next(); ok; tlv, ok = tlvs.Next() {
		switch {
		case tlv.Tag == smpp.TagSarMsgRefNum && len(tlv.Value) == 2:
			p.Ref, hasRef = binary.BigEndian.Uint16(tlv.Value), true
		case tlv.Tag == smpp.TagSarTotalSegments && len(tlv.Value) == 1:
			p.Total = tlv.Value[0]
		case tlv.Tag == smpp.TagSarSegmentSeqnum && len(tlv.Value) == 1:
			p.Seq = tlv.Value[0]
		}
	}
	if !hasRef || p.Seq == 0 || p.Seq > p.Total {
		return udh.Part{}
	}
	return p
}

// isSame tells whether q is p once more.
func (p *part) isSame(q *part) bool {
	return bytes.Equal(p.header, q.header) && bytes.Equal(p.text, q.text)
}

// assembly puts messages together from their parts, in whatever order they come.
type assembly struct{ open []*puzzle } // the oldest first

// puzzle is a message of which parts are missing.
type puzzle struct {
	from    string
	key     udh.Part // without Seq
	parts   []*part  // by Seq-1
	missing int
}

// join adds p and returns all parts in their order when none is missing. A part
// that comes again is dropped; if it says something else its sender has begun
// another message under the same reference, and what there was is given up.
func (a *assembly) join(p *part) []*part {
	if p.where.Total <= 1 {
		return []*part{p}
	}
	i, z := a.find(p)
	seq := p.where.Seq - 1
	if was := z.parts[seq]; was != nil {
		if was.isSame(p) {
			return nil
		}
		z.parts, z.missing = make([]*part, len(z.parts)), len(z.parts)
	}
	z.parts[seq] = p
	z.missing--
	if z.missing > 0 {
		return nil
	}
	a.open = append(a.open[:i], a.open[i+1:]...)
	return z.parts
}

// find returns the message that p is part of, begun if need be, and where it is.
func (a *assembly) find(p *part) (int, *puzzle) {
	key := p.where
	key.Seq = 0
	for i, z := range a.open {
		if z.from == p.from && z.key == key {
			return i, z
		}
	}
	if len(a.open) >= maxAssembling {
		a.open = append(a.open[:0], a.open[1:]...)
	}
	n := int(key.Total)
	a.open = append(a.open, &puzzle{p.from, key, make([]*part, n), n})
	return len(a.open) - 1, a.open[len(a.open)-1]
}

// compose makes the message of its parts and looks for its number: the element of
// any part, else the marker at the end of the last.
func compose(parts []*part, opt *HandsetOptions) Message {
	m := Message{From: parts[0].from, UDH: parts[0].header, Text: decode(parts), Parts: len(parts)}
	for _, p := range parts {
		if e := p.element; e.Data != nil {
			m.Number, m.HasNumber, m.Carriage = int(binary.BigEndian.Uint16(e.Data)), true, ByElement
			m.Element = append([]byte{e.ID, byte(len(e.Data))}, e.Data...)
			return m
		}
	}
	last := parts[len(parts)-1]
	if n, ok := opt.Marker.Find(last.text, last.coding); ok {
		m.Number, m.HasNumber, m.Carriage = int(n), true, ByMarker
	}
	return m
}

// decode returns the text of the parts. What is written in one coding is joined
// before it is decoded, since a sender may have cut a character in two.
func decode(parts []*part) string {
	text, coding := "", parts[0].coding
	var octets []byte
	for _, p := range parts {
		if p.coding != coding {
			text += udh.Decode(octets, coding)
			octets, coding = nil, p.coding
		}
		octets = append(octets, p.text...)
	}
	return text + udh.Decode(octets, coding)
}

// proof is what follows the number in its element, in hex.
func (m Message) proof() string {
	const header = 2
	if len(m.Element) <= header+udh.NumberLen {
		return ""
	}
	return hex.EncodeToString(m.Element[header+udh.NumberLen:])
}
