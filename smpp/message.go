package smpp

import (
	"bytes"
	"fmt"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// Message is a view of a submit_sm, data_sm or deliver_sm, or of a submit_multi without its receivers. It holds the positions of the
// fields in the frame (SMPP 3.4 §4.4.1, §4.6.1, §4.7.1). The frame does not change;
// AppendChanged makes a changed copy.
type Message struct {
	Frame Frame

	From, To Address // source_addr and destination_addr

	esmClass           int // offsets into Frame; -1 where the PDU has no such field
	protocolID         int
	schedule           int // schedule_delivery_time, with validity_period behind it
	registeredDelivery int
	replaceIfPresent   int
	dataCoding         int
	smLength           int
	tail               int // first octet behind the mandatory fields
	tlvs               int // first octet of the optional parameters: tail, or behind a NUL there
	payload            int // value of the message_payload TLV, -1 if there is none
	payloadLen         int
	stray              bool
}

// Address is an SMPP address as it stands in a frame.
type Address struct {
	TON, NPI byte
	Addr     []byte // part of the frame, without the NUL
}

// MessageError says which field of a message cannot be read, and where it starts.
type MessageError struct {
	Field  string
	Offset int
}

func (e *MessageError) Error() string {
	return fmt.Sprintf("%s at octet %d is malformed", e.Field, e.Offset)
}

// ParseMessage views f, which must be a submit_sm, data_sm or deliver_sm; To is zero in a submit_multi. It fails with a
// *MessageError when a mandatory field extends beyond the end, when the text must be in a TLV
// and the TLVs are malformed, and when short_message and message_payload are both used (SMPP
// 3.4 §5.3.2.32). Octets behind a short_message that are no TLVs are no error: HasStrayOctets
// reports them.
func ParseMessage(f Frame) (m Message, err error) {
	if err = m.Parse(f); err != nil {
		m = Message{}
	}
	return m, err
}

// Parse makes m the view of f that ParseMessage returns. With an error, m is of no use.
func (m *Message) Parse(f Frame) error {
	if err := m.readFields(f); err != nil {
		return err
	}
	m.findTLVs()
	return m.findPayload()
}

// readFields reads the mandatory fields. With an error, the fields behind the one that cannot be read are
// where that one starts.
func (m *Message) readFields(f Frame) error {
	*m = Message{Frame: f, payload: -1, protocolID: -1, schedule: -1, replaceIfPresent: -1, smLength: -1}
	r := fieldReader{b: f, at: HeaderLen}
	r.cstring("service_type")
	m.From = r.address("source_addr_ton", "source_addr_npi", "source_addr")
	if f.ID() == pdu.SubmitMultiID {
		r.receivers(func(Address) {})
	} else {
		m.To = r.address("dest_addr_ton", "dest_addr_npi", "destination_addr")
	}
	m.esmClass = r.octet("esm_class")
	if f.ID() == pdu.DataSMID {
		m.registeredDelivery = r.octet("registered_delivery")
		m.dataCoding = r.octet("data_coding")
	} else {
		m.protocolID = r.octet("protocol_id")
		r.octet("priority_flag")
		m.schedule = r.at
		r.cstring("schedule_delivery_time")
		r.cstring("validity_period")
		m.registeredDelivery = r.octet("registered_delivery")
		m.replaceIfPresent = r.octet("replace_if_present_flag")
		m.dataCoding = r.octet("data_coding")
		r.octet("sm_default_msg_id")
		m.smLength = r.octet("sm_length")
		if r.err == nil {
			r.skip("short_message", int(f[m.smLength]))
		}
	}
	m.tail = r.at
	return r.err
}

// findTLVs finds where the optional parameters start. Some ESMEs end short_message with a NUL that
// sm_length does not count. Octets that are parameters from the first one on are read so, whatever
// they would be behind a NUL: the tags 0000 to 00FF start with a NUL, too.
func (m *Message) findTLVs() {
	m.tlvs = m.tail
	rest := m.Frame[m.tail:]
	if areTLVs(rest) {
		return
	}
	if m.smLength >= 0 && rest[0] == 0 && areTLVs(rest[1:]) {
		m.tlvs++
		return
	}
	m.stray = true
}

// areTLVs reports whether b is optional parameters to the end.
func areTLVs(b []byte) bool {
	t := TLVs(b)
	for _, ok := t.Next(); ok; _, ok = t.Next() {
	}
	return t.Rest() == 0
}

// findPayload looks for message_payload.
func (m *Message) findPayload() error {
	short := m.smLength >= 0 && m.Frame[m.smLength] > 0
	t := TLVs(m.Frame[m.tlvs:])
	for tlv, ok := t.Next(); ok; tlv, ok = t.Next() {
		if tlv.Tag != TagMessagePayload {
			continue
		}
		if short || m.payload >= 0 {
			return &MessageError{"message_payload", m.tlvs + tlv.Offset}
		}
		m.payload, m.payloadLen = m.tlvs+tlv.Offset+tlvHeaderLen, len(tlv.Value)
	}
	if m.stray && !short {
		return &MessageError{"optional parameters", len(m.Frame) - t.Rest()}
	}
	return nil
}

// ServiceType is service_type, without the NUL (SMPP 3.4 §5.2.11). It is part of the frame.
func (m Message) ServiceType() []byte {
	service, _, _ := bytes.Cut(m.Frame[HeaderLen:], []byte{0})
	return service
}

// ESMClass is esm_class (SMPP 3.4 §5.2.12).
func (m Message) ESMClass() byte { return m.octet(m.esmClass) }

// HasUDH reports whether the user data starts with a user data header.
func (m Message) HasUDH() bool { return m.ESMClass()&ESMClassUDHI != 0 }

// ProtocolID is protocol_id, zero in a data_sm, which has none (SMPP 3.4 §5.2.13).
func (m Message) ProtocolID() byte { return m.octet(m.protocolID) }

// RegisteredDelivery is registered_delivery (SMPP 3.4 §5.2.17).
func (m Message) RegisteredDelivery() byte { return m.octet(m.registeredDelivery) }

// ReplaceIfPresent is replace_if_present_flag, zero in a data_sm (SMPP 3.4 §5.2.18).
func (m Message) ReplaceIfPresent() byte { return m.octet(m.replaceIfPresent) }

// DataCoding is data_coding (SMPP 3.4 §5.2.19).
func (m Message) DataCoding() byte { return m.octet(m.dataCoding) }

// DefaultMessageID is sm_default_msg_id, zero in a data_sm (SMPP 3.4 §5.2.20).
func (m Message) DefaultMessageID() byte {
	if m.smLength < 0 {
		return 0
	}
	return m.Frame[m.smLength-1]
}

// HasPayload reports whether the user data stands in message_payload.
func (m Message) HasPayload() bool { return m.payload >= 0 }

// UserData returns the user data, header and text, from short_message or message_payload. It
// is part of the frame.
func (m Message) UserData() []byte {
	switch {
	case m.payload >= 0:
		return m.Frame[m.payload : m.payload+m.payloadLen]
	case m.smLength >= 0:
		return m.Frame[m.smLength+1 : m.tail]
	}
	return nil
}

// HasStrayOctets reports whether short_message is followed by octets that are neither optional
// parameters to the end nor one NUL and such parameters. TLVs returns the parameters in front of them.
func (m Message) HasStrayOctets() bool { return m.stray }

// TLVs returns a reader of the optional parameters, in the order in which they came.
func (m Message) TLVs() TLVReader { return TLVs(m.Frame[m.tlvs:]) }

func (m Message) octet(at int) byte {
	if at < 0 {
		return 0
	}
	return m.Frame[at]
}

// Bits of esm_class and registered_delivery (SMPP 3.4 §5.2.12, §5.2.17).
const (
	ESMClassType         = 0x3C // mask of the message type
	ESMClassReceipt      = 0x04 // SMSC delivery receipt
	ESMClassDeliveryAck  = 0x08 // SME delivery acknowledgement: "the user has read the message"
	ESMClassUserAck      = 0x10 // SME manual or user acknowledgement
	ESMClassIntermediate = 0x20 // intermediate delivery notification
	ESMClassUDHI         = 0x40
	RegisteredAckMask    = 0x0C // SME-originated acknowledgements
	RegisteredReadAck    = 0x04 // SME delivery acknowledgement requested
	RegisteredReceipt    = 0x03 // mask of the receipt that is requested
	RegisteredAnyOutcome = 0x01 // receipt on success or failure

	// MaxShortMessage is the longest short_message (SMPP 3.4 §5.2.21).
	MaxShortMessage = 254
)

// fieldReader reads past mandatory fields. It keeps its first error.
type fieldReader struct {
	b   []byte
	at  int
	err error
}

func (r *fieldReader) fail(field string) {
	if r.err == nil {
		r.err = &MessageError{field, r.at}
	}
}

// skip steps over n octets and returns where they start.
func (r *fieldReader) skip(field string, n int) int {
	at := r.at
	if r.err != nil || len(r.b)-at < n {
		r.fail(field)
		return at
	}
	r.at += n
	return at
}

func (r *fieldReader) octet(field string) int { return r.skip(field, 1) }

func (r *fieldReader) cstring(field string) []byte {
	n := bytes.IndexByte(r.b[min(r.at, len(r.b)):], 0)
	if r.err != nil || n < 0 {
		r.fail(field)
		return nil
	}
	r.at += n + 1
	return r.b[r.at-n-1 : r.at-1]
}

func (r *fieldReader) address(tonField, npiField, field string) Address {
	ton := r.octet(tonField)
	npi := r.octet(npiField)
	addr := r.cstring(field)
	if r.err != nil {
		return Address{}
	}
	return Address{r.b[ton], r.b[npi], addr}
}
