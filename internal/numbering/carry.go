package numbering

import (
	"errors"

	"readback/relay/ledger"
	"readback/relay/message"
	"readback/smpp"
	"readback/udh"
)

// elementLen is the length of the number's element in octets, with its identifier.
func (f *Form) elementLen() int {
	if f.Proofs.On() {
		return udh.ElementLen + udh.ProofLen
	}
	return udh.ElementLen
}

// chooseCarriage settles how the number travels, or why it cannot.
func (i *Interceptor) chooseCarriage(c Carriage, t *tracked) Skip {
	skip := NoRoom
	if c != ByMarker {
		if skip = i.elementFits(t); skip == Numbered {
			t.byElement = true
			return Numbered
		}
	}
	if c != ByElement {
		skip = i.markerFits(t)
	}
	return skip
}

// headerLen is the length of the header that the message has towards the SMSC, without
// the number's element; zero if it has none.
func (t *tracked) headerLen() int {
	if t.converts {
		return 1 + t.concat.Len()
	}
	return t.header.Len()
}

// elementFits reports whether the element can go in.
func (i *Interceptor) elementFits(t *tracked) Skip {
	if t.sar && !t.converts { // they exclude a header
		return NoRoom
	}
	if !udh.FitsElement(t.coding, t.headerLen(), i.Form.elementLen(), t.text) {
		return NoRoom
	}
	return Numbered
}

// markerFits reports whether the marker can follow the text. Of a concatenated
// message only the last part ends the text.
func (i *Interceptor) markerFits(t *tracked) Skip {
	headerLen := t.headerLen()
	if t.sar && !t.converts {
		headerLen = 1 + t.part.Len() // of the SMSC's header, at most
	}
	if !i.marks(t) || t.part.Seq != t.part.Total || !i.Form.Marker.Fits(t.coding, headerLen, t.text) {
		return NoRoom
	}
	return Numbered
}

// marks reports whether the coding has a marker. With a locking shift the symbol is another
// character.
func (i *Interceptor) marks(t *tracked) bool {
	return i.Form.Marker.Len(t.coding) > 0 && !(t.coding == udh.GSM7 && t.header.HasLockingShift())
}

// written is what a message becomes.
type written struct {
	part            *udh.Part // goes into the header; nil: it is no part, or says so itself
	text            []byte
	element, marker bool
	sent            *ledger.Sent // whose number it is
	registered      byte
}

// write appends to dst the message in another form, and returns what it appended.
func (i *Interceptor) write(b *Scratch, dst []byte, t *tracked, w written) (smpp.Frame, Skip) {
	var err error
	ud, esmClass := b.userData[:0], t.m.ESMClass()
	if t.header != nil || w.part != nil || w.element {
		if ud, err = udh.AppendHeader(ud, t.header, w.part, i.element(b, w)); err != nil {
			return nil, NoRoom
		}
		esmClass |= smpp.ESMClassUDHI
	}
	text, headerLen, ok := w.text, len(ud), true
	if w.marker {
		if text, err = i.Form.Marker.Append(b.text[:0], w.text, t.coding, w.sent.Number); err != nil {
			return nil, noMarker(err)
		}
		b.text = text
	}
	if t.packed {
		ud, ok = udh.Pack(ud, text, headerLen)
	} else {
		ud = append(ud, text...)
	}
	b.userData = ud
	if !ok {
		return nil, Malformed
	}
	b.noteForm(t, w, ud[:headerLen])
	change := smpp.Change{UserData: ud, ESMClass: esmClass, RegisteredDelivery: w.registered}
	if t.converts {
		change.TLV = withoutSAR
	}
	out, ok := t.m.AppendChanged(dst, change)
	if !ok {
		return nil, NoRoom
	}
	return out, Numbered
}

// noteForm keeps in the scratch how a message was written.
func (b *Scratch) noteForm(t *tracked, w written, header []byte) {
	b.form = message.Form{Changed: true, DataCoding: t.m.DataCoding(), Marked: w.marker, Own: uint8(t.header.Len())}
	b.form.SetHeader(header)
	if w.sent != nil {
		b.form.Number = w.sent.Number
	}
}

func noMarker(err error) Skip {
	if errors.Is(err, udh.ErrText) {
		return Malformed
	}
	return NoRoom
}

// element is the number's element, with its proof if there are any; zero if w has none.
func (i *Interceptor) element(b *Scratch, w written) udh.Element {
	if !w.element {
		return udh.Element{}
	}
	data := append(b.element[:0], byte(w.sent.Number>>8), byte(w.sent.Number))
	if i.Form.Proofs.On() {
		proof := i.Form.Proofs.Sign(&w.sent.Conversation, w.sent.Number, w.sent.At)
		data = append(data, proof[:]...)
	}
	return udh.Element{ID: i.Form.IEI, Data: data}
}
