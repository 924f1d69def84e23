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

// IsNoMessage reports whether f, a submit_sm or data_sm, is not a message that a person reads: USSD
// and other dialogues, a silent SMS, or data for another unit than the display. It is false for what
// cannot be read.
func IsNoMessage(f smpp.Frame) bool {
	m, err := smpp.ParseMessage(f)
	if err != nil {
		return false
	}
	t := readTLVs(m)
	return isNoMessage(m, &t)
}

func isNoMessage(m smpp.Message, t *tlvs) bool {
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
