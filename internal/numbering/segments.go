package numbering

import (
	"readback/relay/ledger"
	"readback/relay/message"
	"readback/smpp"
	"readback/udh"
)

// Segments is a numbered message in the parts of a concatenated message (TS 23.040
// §9.2.3.24.1): frames of their own, at least two, to be sent in order.
type Segments struct {
	Frames []smpp.Frame
	Sent   *ledger.Sent // the ledger's record of the message, which all parts share
	Marker bool         // the number travels behind the text of the last part, not in each header
}

// Split numbers a message that has no room for its number: each part gets the element, or the
// last one the marker behind its text. Without Segments nothing was numbered, and skip says
// why: NoRoom for a message that cannot be split, since it is a part already, has elements
// that are about places in the text, or has a coding whose characters are not known.
func (i *Interceptor) Split(b *Scratch, account string, p Policy, f smpp.Frame) (*Segments, Skip) {
	t, skip := i.examine(b, p, f)
	switch skip {
	case NoRoom:
	case Numbered: // it has room, or is a part by sar_* parameters
		return nil, NoRoom
	default:
		return nil, skip
	}
	pl, ok := i.plan(p, t)
	if !ok {
		return nil, NoRoom
	}
	s := new(ledger.Sent)
	if t.describe(s, account) != nil {
		return nil, Malformed
	}
	s.Split, s.Part.Wide, s.Waiting = uint8(len(pl.ends)), i.Form.WideRef, b.Waiting
	s.Carriage = message.CarriageUDH
	if pl.marker {
		s.Carriage = message.CarriageText
	}
	if i.Ledger.Assign(s) != nil {
		return nil, LedgerDown
	}
	b.Assigned = s
	frames, skip := i.parts(b, p, t, pl, s)
	if skip != Numbered {
		b.Assigned = nil
		i.Ledger.Refuse(s)
		return nil, skip
	}
	return &Segments{frames, s, pl.marker}, Numbered
}

// plan is how a message is split.
type plan struct {
	ends   []int // of the parts, in its text
	marker bool  // the number travels behind the text of the last part, not in each header
}

// plan decides how t is split; false if it cannot be.
func (i *Interceptor) plan(p Policy, t *tracked) (plan, bool) {
	if t.isPart() || t.sar || !t.header.IsRepeatable() {
		return plan{}, false
	}
	pl := plan{marker: p.Carriage == ByMarker}
	if pl.marker && !i.marks(t) {
		return plan{}, false
	}
	header := max(t.header.Len(), 1) + udh.Part{Wide: i.Form.WideRef}.Len()
	if !pl.marker {
		header += i.Form.elementLen()
	}
	ok := false
	if pl.ends, ok = t.cut(header); !ok {
		return plan{}, false
	}
	if pl.marker && !i.lastHasRoom(t, pl.ends, header) {
		pl.ends = append(pl.ends, len(t.text)) // the marker is a part by itself
	}
	return pl, len(pl.ends) > 1 && len(pl.ends) <= udh.MaxParts
}

// cut returns where the parts of the text end, behind headers of that length.
func (t *tracked) cut(header int) (ends []int, ok bool) {
	const tries = 8 // ends of a part within an octet
	room := udh.Room(t.coding, header)
	for less := range tries {
		if ends, ok = udh.Cut(t.text, t.coding, room-less); !ok || !t.packed || packs(t.text, ends, header) {
			return ends, ok
		}
	}
	return nil, false
}

// packs reports whether each part can be packed: where one ends with a character that could
// be taken for filling, a little less in each part sets the ends elsewhere.
func packs(text []byte, ends []int, header int) bool {
	from := 0
	for _, end := range ends {
		if !udh.Packs(text[from:end], header) {
			return false
		}
		from = end
	}
	return true
}

// lastHasRoom reports whether the marker fits behind the last part.
func (i *Interceptor) lastHasRoom(t *tracked, ends []int, header int) bool {
	from := 0
	if len(ends) > 1 {
		from = ends[len(ends)-2]
	}
	return i.Form.Marker.Fits(t.coding, header, t.text[from:])
}

// parts writes the parts. A receipt of each is asked for if one of the whole is wanted at
// all: what became of the message is known when it is known of all of them.
func (i *Interceptor) parts(b *Scratch, p Policy, t *tracked, pl plan, s *ledger.Sent) ([]smpp.Frame, Skip) {
	registered := p.registered(t.m)
	if registered&smpp.RegisteredReceipt != 0 {
		registered = registered&^smpp.RegisteredReceipt | smpp.RegisteredAnyOutcome
	}
	frames, from := make([]smpp.Frame, len(pl.ends)), 0
	part := udh.Part{Ref: s.Part.Ref, Wide: s.Part.Wide, Total: s.Split}
	for n, end := range pl.ends {
		part.Seq = uint8(n + 1)
		out, skip := i.write(b, nil, t, written{
			part: &part, text: t.text[from:end], element: !pl.marker, marker: pl.marker && n == len(pl.ends)-1,
			sent: s, registered: registered,
		})
		if skip != Numbered {
			return nil, skip
		}
		frames[n], from = out, end
	}
	return frames, Numbered
}
