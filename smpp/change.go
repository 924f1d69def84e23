package smpp

import (
	"bytes"
	"encoding/binary"
)

// WithoutTLVs returns a copy of the PDU without its optional parameters, for a
// peer that does not know them (SMPP 3.4 §3.4). The text of message_payload goes
// into short_message; ok is false where that has no room for it.
func (m Message) WithoutTLVs() (f Frame, ok bool) {
	f = bytes.Clone(m.Frame[:m.tail])
	if m.HasPayload() {
		ud := m.UserData()
		if m.smLength < 0 || len(ud) > MaxShortMessage {
			return nil, false
		}
		f = append(append(f[:m.smLength], byte(len(ud))), ud...)
	}
	binary.BigEndian.PutUint32(f, uint32(len(f)))
	return f, true
}

// Change says what differs in a copy of a message. All other octets are those of the frame,
// except the lengths.
type Change struct {
	UserData           []byte
	ESMClass           byte
	RegisteredDelivery byte
	// TLV, if not nil, is called for each optional parameter but message_payload. It returns
	// the value to write, and whether the parameter stays.
	TLV func(TLV) (value []byte, keep bool)
}

// AppendUserData is AppendChanged without any change of the optional parameters.
func (m Message) AppendUserData(dst, ud []byte, esmClass, registeredDelivery byte) (f Frame, ok bool) {
	return m.AppendChanged(dst, Change{UserData: ud, ESMClass: esmClass, RegisteredDelivery: registeredDelivery})
}

// AppendChanged appends a changed copy of the message to dst, and returns the appended
// PDU. ok is false, and nothing appended, if the user data is too long for the field
// that held it, or if the message lacks fields (see ParseLenient).
func (m Message) AppendChanged(dst []byte, c Change) (f Frame, ok bool) {
	payload := m.payload >= 0
	switch {
	case m.esmClass < 0 || m.registeredDelivery < 0:
		return nil, false
	case payload && len(c.UserData) > 1<<16-1:
		return nil, false
	case !payload && len(c.UserData) > m.shortRoom():
		return nil, false
	case len(m.Frame)-len(m.UserData())+len(c.UserData) > MaxFrameLen:
		return nil, false
	}
	start := len(dst)
	switch {
	case !payload && m.smLength >= 0:
		dst = append(dst, m.Frame[:m.smLength+1]...)
		dst[len(dst)-1] = byte(len(c.UserData))
		dst = append(dst, c.UserData...)
		dst = append(dst, m.Frame[m.tail:m.tlvs]...)
		dst = m.appendTLVs(dst, c.TLV, nil)
	case payload && c.TLV == nil:
		dst = append(m.appendHead(dst), m.Frame[m.tlvs:m.payload]...)
		binary.BigEndian.PutUint16(dst[len(dst)-2:], uint16(len(c.UserData)))
		dst = append(dst, c.UserData...)
		dst = append(dst, m.Frame[m.payload+m.payloadLen:]...)
	default:
		dst = m.appendTLVs(m.appendHead(dst), c.TLV, c.UserData)
	}
	f = dst[start:]
	binary.BigEndian.PutUint32(f, uint32(len(f)))
	f[m.esmClass] = c.ESMClass
	f[m.registeredDelivery] = c.RegisteredDelivery
	return f, true
}

// appendHead appends what stands in front of the optional parameters, with an empty short_message.
func (m Message) appendHead(dst []byte) []byte {
	if m.smLength < 0 {
		return append(dst, m.Frame[:m.tlvs]...)
	}
	dst = append(append(dst, m.Frame[:m.smLength]...), 0)
	return append(dst, m.Frame[m.tail:m.tlvs]...)
}

// shortRoom returns how many octets short_message can hold. A data_sm has no short_message,
// so the room is zero.
func (m Message) shortRoom() int {
	if m.smLength < 0 {
		return 0
	}
	return MaxShortMessage
}

// appendTLVs appends the optional parameters, with payload as message_payload, and the octets
// behind the last parameter.
func (m Message) appendTLVs(dst []byte, change func(TLV) ([]byte, bool), payload []byte) []byte {
	if change == nil {
		return append(dst, m.Frame[m.tlvs:]...)
	}
	r := m.TLVs()
	for tlv, ok := r.Next(); ok; tlv, ok = r.Next() {
		value, keep := payload, true
		if tlv.Tag != TagMessagePayload {
			value, keep = change(tlv)
		}
		if keep {
			dst = AppendTLV(dst, tlv.Tag, value)
		}
	}
	return append(dst, m.Frame[len(m.Frame)-r.Rest():]...)
}
