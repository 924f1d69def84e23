package numbering

import (
	"bytes"
	"encoding/binary"

	"readback/relay/ledger"
	"readback/smpp"
	"readback/udh"
)

// mayHaveSAR reports whether the sar_* parameters of f can be those of a part: f has the octets of the tag
// sar_msg_ref_num.
func mayHaveSAR(f smpp.Frame) bool {
	return bytes.Contains(f.Body(), sarTag)
}

var sarTag = binary.BigEndian.AppendUint16(nil, uint16(smpp.TagSarMsgRefNum))

// settleSAR settles how t, a part by sar_* parameters, goes on, and how it carries the number. skip is why
// it gets none; Numbered: no reason is known yet. All parts of a message go on alike, and the first one
// that comes decides, since many ESMEs send the next part when this one is answered
// (docs/adr/0017-sar-becomes-a-header.md).
func (i *Interceptor) settleSAR(p Policy, t *tracked, s *ledger.Sent, skip Skip) Skip {
	how := ledger.KeepSAR
	switch {
	case t.isPart():
		wish := t.wish(p.Carriage, skip)
		how = i.Ledger.Concatenate(s, wish)
		t.kept = how == ledger.KeepSAR && wish != how && i.hasRoomBehind(t, wish)
	case skip == Numbered && p.Carriage != ByMarker:
		how = i.aloneAs(t)
	}
	if how != ledger.KeepSAR {
		t.concat = t.as(how)
		t.converts = t.fitsBehind(t.concat)
	}
	if skip != Numbered {
		return skip
	}
	return i.chooseCarriage(p.Carriage, t)
}

// wish is how a message goes on whose first part is t. Every part that fits in an SMS fits behind IE 00.
// IE 08 has the whole reference, but takes an octet more than the parts of most ESMEs leave. It is for
// messages that begin with a part so short that the ESME evidently does not fill them. A marker needs
// no header.
func (t *tracked) wish(c Carriage, skip Skip) ledger.Concatenation {
	switch {
	case skip != Numbered || c == ByMarker || !t.fitsBehind(t.as(ledger.Concat8)):
		return ledger.KeepSAR
	case t.part.Seq == 1 && t.isShort():
		return ledger.Concat16
	}
	return ledger.Concat8
}

// isShort reports whether the text takes at most a quarter of a message. Behind such a part, an ESME that
// fills its parts would have to wrap a word of three quarters.
func (t *tracked) isShort() bool {
	units, ok := udh.TextLen(t.coding, t.text)
	return ok && units <= udh.Room(t.coding, 0)/4
}

// aloneAs is how the only part of a message goes on: with IE 08 if that leaves room for the element.
func (i *Interceptor) aloneAs(t *tracked) ledger.Concatenation {
	for _, how := range []ledger.Concatenation{ledger.Concat16, ledger.Concat8} {
		if i.hasRoomBehind(t, how) {
			return how
		}
	}
	return ledger.KeepSAR
}

// hasRoomBehind reports whether there is room for the element behind the part as the header has it.
func (i *Interceptor) hasRoomBehind(t *tracked, how ledger.Concatenation) bool {
	return udh.FitsElement(t.coding, 1+t.as(how).Len(), i.Form.elementLen(), t.text)
}

// as is the part as the header has it.
func (t *tracked) as(how ledger.Concatenation) udh.Part {
	part := t.part
	if how == ledger.Concat8 {
		part.Ref, part.Wide = part.Ref&0xFF, false
	}
	return part
}

// fitsBehind reports whether the text fits in a message behind a header with the part.
func (t *tracked) fitsBehind(part udh.Part) bool {
	headerLen := 1 + part.Len()
	units, ok := udh.TextLen(t.coding, t.text)
	switch {
	case t.packed:
		return !t.unread && units <= udh.Room(t.coding, headerLen) && udh.Packs(t.text, headerLen)
	case !ok: // half a character, to which the SMSC adds nothing
		return len(t.text) <= udh.Room(udh.Octets, headerLen)
	}
	return units <= udh.Room(t.coding, headerLen)
}

// convert returns the message with its sar_* parameters as an element of the header
// (SMPP 3.4 §5.3.2.22) if they go there, and any other message as it came.
func (i *Interceptor) convert(b *Scratch, t *tracked) smpp.Frame {
	if !t.converts {
		return t.m.Frame
	}
	out, skip := i.write(b, b.frame[:0], t, written{
		part: &t.concat, text: t.text, registered: t.m.RegisteredDelivery(),
	})
	if skip != Numbered {
		return t.m.Frame
	}
	b.frame = out
	return out
}
