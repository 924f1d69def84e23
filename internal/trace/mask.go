package trace

import (
	"bytes"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/relay/message"
	"readback/smpp"
	"readback/udh"
)

// blank takes the place of an octet that is not shown.
const blank = '*'

// hide overwrites in place what nobody is shown, which is the password of a bind; and unless full is set, all that says
// something of a subscriber: the middle of numbers, user data behind its header, and what is not known. The frame keeps
// its length, and all fields stay where they are.
func hide(f smpp.Frame, p *parts, full bool) {
	isSecret := p.hidePasswords(f)
	if full {
		return
	}
	for i := range p.all {
		q := &p.all[i]
		b := f[q.at:q.end]
		switch {
		case q.isTLV && q.tag == smpp.TagMessagePayload, q.kind == userData && !q.isTLV:
			hideText(b, p.octet(f, "esm_class")&smpp.ESMClassUDHI != 0)
		case q.isTLV && (isSecret || !tags[q.tag].open):
			cover(b)
		case !q.isTLV && q.kind == address:
			hideAddress(b, isReceiver(f.ID(), q.name))
		}
	}
	cover(f[p.rest:])
}

// hidePasswords overwrites passwords. If the fields of a PDU that has one cannot be read, everything from there on may
// be it. It reports whether the PDU is one that has a password.
func (p *parts) hidePasswords(f smpp.Frame) (isSecret bool) {
	for _, fd := range layouts[f.ID()] {
		isSecret = isSecret || fd.kind == secret
	}
	for i := range p.all {
		if q := &p.all[i]; q.kind == secret && !q.isTLV {
			cover(f[q.at:q.end])
		}
	}
	if isSecret {
		cover(f[p.rest:])
	}
	return isSecret
}

func cover(b []byte) { copy(b, bytes.Repeat([]byte{blank}, len(b))) }

// isReceiver reports whether an address of a PDU is that of a subscriber, whatever it looks like. The peer of the
// subscriber may be a short code or have a name, or be a subscriber, too. On which side a data_sm has the subscriber is
// not known.
func isReceiver(id pdu.ID, name string) bool {
	isSource := name == "source_addr"
	switch id {
	case pdu.DeliverSMID, pdu.AlertNotificationID:
		return isSource
	case pdu.DataSMID:
		return true
	}
	return !isSource && name != "address_range"
}

// hideAddress masks an address as message.Mask does: that of a receiver, or one that may be a subscriber's.
func hideAddress(b []byte, isReceiver bool) {
	if isReceiver || message.IsSubscriber(string(b)) {
		copy(b, maskOctets(b))
	}
}

// maskOctets is message.Mask octet by octet.
func maskOctets(b []byte) []byte {
	masked := bytes.Repeat([]byte{blank}, len(b))
	if n := len(b); n > 4 {
		copy(masked, b[:3])
		masked[n-1] = b[n-1]
	}
	return masked
}

// hideText overwrites user data. Of its header it leaves the elements that say how the message is put together, and
// which number it has.
func hideText(ud []byte, hasHeader bool) {
	if !hasHeader {
		cover(ud)
		return
	}
	h, err := udh.ParseHeader(ud)
	if err != nil {
		cover(ud)
		return
	}
	for e := range h.Elements() {
		if !isOpen(e.ID) {
			cover(e.Data)
		}
	}
	cover(ud[h.Len():])
}

// isOpen reports whether an element of a user data header says nothing of a subscriber (TS 23.040 §9.2.3.24):
// concatenation, ports, national languages, and what SMEs use among themselves, of which Readback's number is one.
func isOpen(iei byte) bool {
	switch iei {
	case 0x00, 0x04, 0x05, 0x08, 0x24, 0x25:
		return true
	}
	return iei >= 0x80 && iei <= 0x9F
}
