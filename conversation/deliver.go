package conversation

import (
	"bytes"
	"strconv"
	"time"
)

// Deliver is a deliver_sm, as far as it matters: any client library has these fields.
type Deliver struct {
	ESMClass     byte              // esm_class
	ShortMessage []byte            // short_message, or message_payload
	TLVs         map[uint16][]byte // optional parameters by their tags
}

// Tags and types that are looked at (SMPP 3.4 §5.3.2, §5.2.12).
const (
	tagMessageID    = 0x001E // receipted_message_id
	tagResponseCode = 0x0205 // user_response_code
	tagMessageState = 0x0427 // message_state

	typeMask    = 0x3C
	typeReceipt = 0x04
	typeAck     = 0x08 // SME delivery acknowledgement: form sme-ack
	typeUserAck = 0x10 // SME manual or user acknowledgement: form user-ack
)

// Values of user_response_code and status.
const (
	statusRead          = 1
	statusDeletedUnread = 2
)

// ParseDeliver reads a delivery receipt, or feedback of the forms sme-ack, user-ack and
// receipt. ok is false for all else: messages of subscribers, and feedback without message_id,
// as sme-ack has none for an ESME that bound below version 3.4.
//
// In form receipt, a text of READ or DELETED stands for the read response. An SMSC puts
// the beginning of the message there: whoever uses this form must not send messages that
// say just that.
func ParseDeliver(d Deliver) (n News, ok bool) {
	id, _, _ := bytes.Cut(d.TLVs[tagMessageID], []byte{0})
	switch d.ESMClass & typeMask {
	case typeAck, typeUserAck:
		n = parseAck(d)
	case typeReceipt:
		n.State = receiptState(d)
		if len(id) == 0 {
			id = word(d.ShortMessage, "id:")
		}
		n.readReceipt(d.ShortMessage)
	default:
		return News{}, false
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
	if code := d.TLVs[tagResponseCode]; len(code) == 1 {
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

// states are the final ones of message_state, and of a receipt's text (SMPP 3.4 §5.2.28,
// Appendix B). ACCEPTED says that customer service has it, not the handset.
var (
	states = map[byte]State{2: Delivered, 3: Failed, 4: Failed, 5: Failed, 8: Failed}
	stats  = map[string]State{
		"DELIVRD": Delivered, "EXPIRED": Failed, "DELETED": Failed, "UNDELIV": Failed, "REJECTD": Failed,
	}
)

func receiptState(d Deliver) State {
	if state := d.TLVs[tagMessageState]; len(state) == 1 {
		return states[state[0]]
	}
	return stats[string(word(d.ShortMessage, "stat:"))]
}

// readReceipt reads form receipt: the text says what became of the message, and the
// date when.
func (n *News) readReceipt(text []byte) {
	_, said, _ := bytes.Cut(text, []byte(" text:"))
	switch {
	case n.State != Delivered:
		return
	case string(said) == "READ":
		n.State = Read
	case string(said) == "DELETED":
		n.State = DeletedUnread
	default:
		return
	}
	n.ReadAt, _ = time.Parse("0601021504", string(word(text, "done date:")))
}

// word is what stands behind a name, up to the next space.
func word(text []byte, name string) []byte {
	if rest, ok := bytes.CutPrefix(text, []byte(name)); ok {
		w, _, _ := bytes.Cut(rest, []byte{' '})
		return w
	}
	_, rest, _ := bytes.Cut(text, []byte(" "+name))
	w, _, _ := bytes.Cut(rest, []byte{' '})
	return w
}
