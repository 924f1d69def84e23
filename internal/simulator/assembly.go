package simulator

import (
	"bytes"
	"encoding/binary"

	"readback/handset"
	"readback/smpp"
	"readback/udh"
)

// maxAssembling is how many messages a handset puts together at a time; when one
// more begins, the oldest is given up.
const maxAssembling = 32

// part is one short message as it came, perhaps a part of a longer one.
type part struct {
	handset.Part
	from  string
	where udh.Part // zero if the message is whole
}

// newPart copies what a handset sees of m.
func newPart(m smpp.Message, opt *HandsetOptions) *part {
	p := &part{from: string(m.From.Addr), Part: handset.Part{
		UserData: bytes.Clone(m.UserData()), HasUDH: m.HasUDH(),
		Coding: udh.CodingOf(m.DataCoding(), opt.Default),
	}}
	if p.HasUDH {
		p.where, _ = p.header().Concat()
	} else {
		p.where = sarPart(m)
	}
	return p
}

// header is nil if there is none, or none that can be read.
func (p *part) header() udh.Header {
	if !p.HasUDH {
		return nil
	}
	h, _ := udh.ParseHeader(p.UserData)
	return h
}

// sarPart returns the part that the sar_* TLVs describe, if all three are there (SMPP 3.4
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

// isSame reports whether q repeats p.
func (p *part) isSame(q *part) bool {
	return p.HasUDH == q.HasUDH && bytes.Equal(p.UserData, q.UserData)
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

// join adds p. It returns all parts in their order when none is missing. A repeated part is
// dropped. If a part with the same number has other contents, its sender has begun another
// message under the same reference, and the earlier parts are dropped.
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

// find returns the message that p is part of, and its index. It adds the message if it is
// new.
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

// compose makes the message of its parts.
func compose(parts []*part, opt *HandsetOptions) Message {
	m := Message{From: parts[0].from, UDH: parts[0].header(), Parts: len(parts)}
	all := make([]handset.Part, len(parts))
	for i, p := range parts {
		all[i] = p.Part
	}
	m.found = handset.Finder{IEI: opt.IEI, Marker: opt.Marker}.Find(all...)
	m.Text = m.found.Text + m.found.Marker
	m.Number, m.HasNumber = int(m.found.Number), m.found.Carriage != handset.ByNone
	m.Carriage = m.found.Carriage.String()
	if m.found.Carriage == handset.ByElement {
		e := udh.NumberElement(opt.IEI, m.found.Number)
		e.Data = append(e.Data, m.found.Proof...)
		m.Element = append([]byte{e.ID, byte(len(e.Data))}, e.Data...)
	}
	return m
}
