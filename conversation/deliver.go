package conversation

import (
	"bytes"
	"strconv"
	"time"

	"readback/smpp"
	"readback/smpp/receipt"
)

// Deliver holds the fields of a deliver_sm that matter. Any client library has them.
type Deliver struct {
	ESMClass     byte              // esm_class
	ShortMessage []byte            // short_message, or message_payload
	TLVs         map[uint16][]byte // optional parameters by their tags
	DataCoding   byte              // data_coding
}

func (d *Deliver) tlv(tag smpp.Tag) []byte { return d.TLVs[uint16(tag)] }

// Values of user_response_code and status.
const (
	statusRead          = 1
	statusDeletedUnread = 2
)

// ParseDeliver reads a delivery receipt, or feedback of the forms sme-ack, user-ack and
// receipt. ok is false for all else: messages of subscribers, and feedback without message_id,
// as sme-ack has none for an ESME that bound below version 3.4.
//
// A receipt is read by the rules of package receipt: what the optional parameters say wins
// over the text. In form receipt, a text of READ or DELETED stands for the read response. An
// SMSC puts the beginning of the message there: an ESME that is told in this form must not
// send messages that say just that.
func ParseDeliver(d Deliver) (n News, ok bool) {
	var id []byte
	switch d.ESMClass & smpp.ESMClassType {
	case smpp.ESMClassDeliveryAck, smpp.ESMClassUserAck: // forms sme-ack and user-ack
		id, _, _ = bytes.Cut(d.tlv(smpp.TagReceiptedMessageID), []byte{0})
		n = parseAck(d)
	default:
		id, n = parseReceipt(d)
	}
	if len(id) == 0 {
		return News{}, false
	}
	n.MessageIDs = []string{string(id)}
	return n, true
}

// parseAck reads forms sme-ack and user-ack: the status from its TLV, number and time
// from the text.
func parseAck(d Deliver) (n News) {
	status := word(d.ShortMessage, "status:")
	if code := d.tlv(smpp.TagUserResponseCode); len(code) == 1 {
		status = []byte(strconv.Itoa(int(code[0])))
	}
	switch string(status) {
	case strconv.Itoa(statusRead):
		n.State = Read
	case strconv.Itoa(statusDeletedUnread):
		n.State = DeletedUnread
	}
	if number, err := strconv.ParseUint(string(word(d.ShortMessage, "number:")), 10, 16); err == nil {
		n.Number = new(uint16)
		*n.Number = uint16(number)
	}
	n.ReadAt, _ = time.Parse(time.RFC3339, string(word(d.ShortMessage, "read:")))
	return n
}

// states are the states of a message by the final state of its receipt. ACCEPTED means that
// customer service has the message, not the handset.
var states = map[receipt.State]State{
	receipt.Delivered: Delivered,
	receipt.Expired:   Failed, receipt.Deleted: Failed, receipt.Undeliverable: Failed, receipt.Rejected: Failed,
}

// parseReceipt reads a delivery receipt, and form receipt: its text says what became of the
// message, and its date when. id is empty if d is no receipt, or an intermediate notification.
func parseReceipt(d Deliver) (id []byte, n News) {
	source := receipt.Source{
		ESMClass: d.ESMClass, DataCoding: d.DataCoding, UserData: d.ShortMessage,
		MessageID: d.tlv(smpp.TagReceiptedMessageID), State: d.tlv(smpp.TagMessageState),
	}
	r, isReceipt := source.Parse()
	if !isReceipt || r.Intermediate {
		return nil, News{}
	}
	n.State = states[r.State]
	if n.State != Delivered {
		return r.ID, n
	}
	fields := r.Fields()
	switch string(fields.Text) {
	case "READ":
		n.State = Read
	case "DELETED":
		n.State = DeletedUnread
	default:
		return r.ID, n
	}
	n.ReadAt = receipt.ParseDate(fields.DoneDate)
	return r.ID, n
}

// word returns the text between a name and the next space.
func word(text []byte, name string) []byte {
	if rest, ok := bytes.CutPrefix(text, []byte(name)); ok {
		w, _, _ := bytes.Cut(rest, []byte{' '})
		return w
	}
	_, rest, _ := bytes.Cut(text, []byte(" "+name))
	w, _, _ := bytes.Cut(rest, []byte{' '})
	return w
}
