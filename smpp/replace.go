package smpp

import "encoding/binary"

// Replace is a view of a replace_sm (SMPP 3.4 §4.10.1).
type Replace struct {
	Frame     Frame
	MessageID []byte  // part of the frame
	From      Address // source_addr

	registeredDelivery int // offsets into Frame
	smLength           int
	end                int // first octet behind short_message
}

// ParseReplace views f, which must be a replace_sm. It fails with a *MessageError when a mandatory field
// extends beyond the end.
func ParseReplace(f Frame) (Replace, error) {
	p := Replace{Frame: f}
	r := fieldReader{b: f, at: HeaderLen}
	p.MessageID = r.cstring("message_id")
	p.From = r.address("source_addr_ton", "source_addr_npi", "source_addr")
	r.cstring("schedule_delivery_time")
	r.cstring("validity_period")
	p.registeredDelivery = r.octet("registered_delivery")
	r.octet("sm_default_msg_id")
	p.smLength = r.octet("sm_length")
	if r.err == nil {
		r.skip("short_message", int(f[p.smLength]))
	}
	p.end = r.at
	if r.err != nil {
		return Replace{}, r.err
	}
	return p, nil
}

// RegisteredDelivery is registered_delivery (SMPP 3.4 §5.2.17).
func (p Replace) RegisteredDelivery() byte { return p.Frame[p.registeredDelivery] }

// DefaultMessageID is sm_default_msg_id (SMPP 3.4 §5.2.20).
func (p Replace) DefaultMessageID() byte { return p.Frame[p.smLength-1] }

// UserData returns short_message, a part of the frame.
func (p Replace) UserData() []byte { return p.Frame[p.smLength+1 : p.end] }

// HasPayload reports whether the text stands in message_payload, which SMPP 5.0 allows.
func (p Replace) HasPayload() bool {
	t := TLVs(p.Frame[p.end:])
	for tlv, ok := t.Next(); ok; tlv, ok = t.Next() {
		if tlv.Tag == TagMessagePayload {
			return true
		}
	}
	return false
}

// AppendChanged appends to dst a copy with other user data and another registered_delivery, and returns the
// appended PDU. ok is false, and nothing appended, if the user data is longer than short_message may be.
func (p Replace) AppendChanged(dst, ud []byte, registeredDelivery byte) (f Frame, ok bool) {
	if len(ud) > MaxShortMessage {
		return nil, false
	}
	start := len(dst)
	dst = append(dst, p.Frame[:p.smLength]...)
	dst = append(append(dst, byte(len(ud))), ud...)
	dst = append(dst, p.Frame[p.end:]...)
	f = dst[start:]
	binary.BigEndian.PutUint32(f, uint32(len(f)))
	f[p.registeredDelivery] = registeredDelivery
	return f, true
}
