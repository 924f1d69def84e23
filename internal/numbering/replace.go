package numbering

import (
	"bytes"

	"readback/relay/message"
	"readback/smpp"
	"readback/udh"
)

// Replace returns what goes on in place of a replace_sm for a message with this form. The SMSC gives the new
// text the esm_class and data_coding of the message. So the text needs the header of the message in front, or
// its marker behind. ok is false if it has no room for that, or cannot be read.
func (i *Interceptor) Replace(p Policy, r smpp.Replace, form *message.Form) (f smpp.Frame, ok bool) {
	header, ok := form.HeaderOctets()
	if !ok || r.DefaultMessageID() != 0 || r.HasPayload() {
		return nil, false
	}
	coding := udh.CodingOf(form.DataCoding, i.Form.Default)
	packed := coding == udh.GSM7 && i.Form.Packed
	text, own := withoutOwn(r.UserData(), header, int(form.Own))
	if packed {
		if text, ok = udh.Unpack(nil, text, own); !ok {
			return nil, false
		}
	}
	units, ok := udh.TextLen(coding, text)
	if !ok || units > udh.Room(coding, len(header)) {
		return nil, false
	}
	if form.Marked {
		var err error
		if !i.Form.Marker.Fits(coding, len(header), text) {
			return nil, false
		}
		if text, err = i.Form.Marker.Append(nil, text, coding, form.Number); err != nil {
			return nil, false
		}
	}
	ud := bytes.Clone(header)
	if packed {
		if ud, ok = udh.Pack(ud, text, len(header)); !ok {
			return nil, false
		}
	} else {
		ud = append(ud, text...)
	}
	registered := r.RegisteredDelivery()
	if !p.ForwardAckBits {
		registered &^= smpp.RegisteredAckMask
	}
	return r.AppendChanged(nil, ud, registered)
}

// withoutOwn returns the text without the ESME's own header, and the length of that. An ESME that sent the
// message with a header of its own may know that its new text needs it, too.
func withoutOwn(ud, header []byte, own int) (text []byte, ownLen int) {
	if own == 0 || own > len(header) || len(ud) < own || int(ud[0]) != own-1 || !bytes.Equal(ud[1:own], header[1:own]) {
		return ud, 0
	}
	return ud[own:], own
}
