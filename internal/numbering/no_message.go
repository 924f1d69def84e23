package numbering

import (
	"bytes"

	"readback/smpp"
)

// serviceUSSD is the service_type of USSD (SMPP 3.4 §5.2.11).
var serviceUSSD = []byte("USSD")

// TP-PID values of messages that a phone does not show (TS 23.040 §9.2.3.9).
const (
	silentProtocol  = 0x40 // short message type 0: the phone only acknowledges it
	triggerProtocol = 0x48 // device triggering: it wakes up a machine
)

// MultiSkip returns why a submit_multi must go on as it came, if it must: it cannot be read, or is not
// a message that a person reads. f is the submit_sm that it would become for one of its receivers.
func MultiSkip(f smpp.Frame) Skip {
	m, err := smpp.ParseMessage(f)
	if err != nil || m.HasStrayOctets() {
		return Malformed
	}
	if t := readTLVs(&m); isNoMessage(&m, &t) {
		return NotAMessage
	}
	return Numbered
}

// isNoMessage reports whether m is not a message that a person reads: USSD and other dialogues, a
// silent SMS, or data for another unit than the display.
func isNoMessage(m *smpp.Message, t *tlvs) bool {
	pid := m.ProtocolID()
	return t.noMessage || pid == silentProtocol || pid == triggerProtocol || bytes.EqualFold(m.ServiceType(), serviceUSSD)
}

// saysNoMessage reports whether the parameter says so (SMPP 3.4 §5.3.2).
func saysNoMessage(tlv smpp.TLV) bool {
	switch tlv.Tag {
	case smpp.TagUSSDServiceOp, smpp.TagITSReplyType, smpp.TagITSSessionInfo:
		return true
	case smpp.TagDestAddrSubunit, smpp.TagDestBearerType: // 00 is unknown; 01 is the display, or SMS
		return !bytes.Equal(tlv.Value, []byte{0}) && !bytes.Equal(tlv.Value, []byte{1})
	case smpp.TagPayloadType: // 00 is the default
		return !bytes.Equal(tlv.Value, []byte{0})
	}
	return false
}
