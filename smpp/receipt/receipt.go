// Package receipt reads, compares, merges and writes delivery receipts. It is the only place
// that knows them.
//
// A delivery receipt is a deliver_sm or data_sm of the SMSC's whose esm_class has type 04,
// SMSC Delivery Receipt (SMPP 3.4 §5.2.12). An intermediate notification has type 20 and the
// same contents, and is never the last word on a message. Some SMSCs set no type, or the bits of both.
// Their message is a delivery receipt if it has receipted_message_id and message_state. A receipt says
// the same thing twice: in optional parameters, and in a text (Appendix B):
//
//	id:IIIIIIIIII sub:SSS dlvrd:DDD submit date:YYMMDDhhmm done date:YYMMDDhhmm stat:DDDDDDD err:E text:…
//
// Where the two disagree the optional parameters win. receipted_message_id wins over id, and
// message_state wins over stat. The text counts for what they lack.
package receipt

import (
	"bytes"
	"time"

	"readback/smpp"
)

// Receipt is a delivery receipt or an intermediate notification. It is a view of the
// message: it is valid as long as that does not change.
type Receipt struct {
	// Intermediate says that this is an intermediate notification.
	Intermediate bool
	// ID is the message_id of the message that the receipt is about. It is empty if the
	// receipt names none.
	ID []byte
	// State is what became of the message. It is Unknown if the receipt does not say.
	State State
	// Network is network_error_code (SMPP 3.4 §5.3.2.31), nil if there is none.
	Network []byte

	esmClass, dataCoding byte
	userData             []byte
}

// Source is the part of a deliver_sm or data_sm that a receipt is read from, for callers
// that have no smpp.Message.
type Source struct {
	ESMClass   byte
	DataCoding byte
	UserData   []byte // short_message or message_payload
	// Values of the optional parameters; empty if there is none.
	MessageID []byte // receipted_message_id (SMPP 3.4 §5.3.2.12)
	State     []byte // message_state (SMPP 3.4 §5.3.2.35)
	Network   []byte // network_error_code (SMPP 3.4 §5.3.2.31)
}

// Parse reads m as a receipt. ok is false if it is neither a receipt nor an intermediate
// notification.
func Parse(m smpp.Message) (r Receipt, ok bool) {
	s := Source{ESMClass: m.ESMClass(), DataCoding: m.DataCoding(), UserData: m.UserData()}
	tlvs := m.TLVs()
	for tlv, more := tlvs.Next(); more; tlv, more = tlvs.Next() {
		switch {
		case tlv.Tag == smpp.TagReceiptedMessageID && len(s.MessageID) == 0:
			s.MessageID = tlv.Value
		case tlv.Tag == smpp.TagMessageState && len(s.State) != 1:
			s.State = tlv.Value
		case tlv.Tag == smpp.TagNetworkErrorCode && len(s.Network) == 0:
			s.Network = tlv.Value
		}
	}
	return s.Parse()
}

// isReceipt reports whether s is a receipt or an intermediate notification. id is its receipted_message_id.
func (s *Source) isReceipt(id []byte) bool {
	switch s.ESMClass & smpp.ESMClassType {
	case smpp.ESMClassReceipt, smpp.ESMClassIntermediate:
		return true
	case 0, smpp.ESMClassReceipt | smpp.ESMClassIntermediate:
		return len(id) > 0 && len(s.State) == 1
	}
	return false
}

// Parse reads s as a receipt, by the same rules as Parse reads a message.
func (s *Source) Parse() (r Receipt, ok bool) {
	id, _, _ := bytes.Cut(s.MessageID, []byte{0})
	if !s.isReceipt(id) {
		return Receipt{}, false
	}
	r.Intermediate = s.ESMClass&smpp.ESMClassType == smpp.ESMClassIntermediate
	r.ID, r.Network = id, s.Network
	r.esmClass, r.dataCoding, r.userData = s.ESMClass, s.DataCoding, s.UserData
	state, hasState := parseMessageState(s.State)
	r.State = state
	if hasState && len(r.ID) > 0 {
		return r, true // most receipts need not have their text read
	}
	b := r.body()
	if len(r.ID) == 0 {
		r.ID = b.value(fieldID)
	}
	if !hasState {
		r.State = ParseStat(b.value(fieldStat))
	}
	return r, true
}

func (r *Receipt) body() body { return readBody(r.esmClass, r.dataCoding, r.userData) }

// IsFinal reports whether the receipt is the last word on its message.
func (r *Receipt) IsFinal() bool { return !r.Intermediate && r.State.IsFinal() }

// Fields are the fields of a receipt's text (SMPP 3.4 Appendix B), with one octet for each
// character: in UCS2, characters beyond ASCII are question marks. A field that the text
// lacks is nil.
type Fields struct {
	ID         []byte
	Sub        []byte
	Delivered  []byte
	SubmitDate []byte
	DoneDate   []byte
	Stat       []byte
	Err        []byte
	Text       []byte
}

// Fields reads the fields of the text. They may disagree with ID and State of the receipt,
// which follow the optional parameters.
func (r *Receipt) Fields() Fields {
	b := r.body()
	return Fields{
		ID: b.value(fieldID), Sub: b.value(fieldSub), Delivered: b.value(fieldDelivered),
		SubmitDate: b.value(fieldSubmitDate), DoneDate: b.value(fieldDoneDate),
		Stat: b.value(fieldStat), Err: b.value(fieldErr), Text: b.value(fieldText),
	}
}

// dateLayout is YYMMDDhhmm.
const dateLayout = "0601021504"

// ParseDate reads the value of a date field as UTC. It is the zero time if it is no date.
func ParseDate(value []byte) time.Time {
	t, _ := time.Parse(dateLayout, string(value))
	return t
}
