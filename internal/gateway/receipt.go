package gateway

import (
	"bytes"
	"slices"

	"readback/relay/message"
	"readback/smpp"
)

// noteReceipt tells the ledger of a delivery receipt that passes by (SMPP 3.4
// §5.2.12, Appendix B). What is no receipt just passes.
func (g *Gateway) noteReceipt(m smpp.Message) {
	if m.ESMClass()&smpp.ESMClassType != smpp.ESMClassReceipt {
		return
	}
	id, state, ok := readReceipt(m)
	if !ok {
		return
	}
	if c, ok := receiptConversation(m); ok {
		g.ledger.Receipt(c, id, state)
	}
}

// receiptConversation is that of the message which a receipt is about: the receipt goes
// the other way round.
func receiptConversation(m smpp.Message) (c message.Conversation, ok bool) {
	var errs [2]error
	c.Sender, errs[0] = message.NormalAddr(m.To.Addr)
	c.Receiver, errs[1] = message.NormalAddr(m.From.Addr)
	return c, errs[0] == nil && errs[1] == nil
}

// messageStates are the final ones of message_state (SMPP 3.4 §5.2.28).
var messageStates = map[byte]message.State{
	2: message.StateDelivered,
	3: message.StateExpired,
	4: message.StateFailed, // deleted
	5: message.StateFailed, // undeliverable
	8: message.StateFailed, // rejected
}

// stats are the values of message_state as the text of a receipt has them (SMPP 3.4
// Appendix B).
var stats = [...]string{
	1: "ENROUTE", 2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 6: "ACCEPTD", 7: "UNKNOWN", 8: "REJECTD",
}

// readReceipt returns the message_id and the final state that a receipt tells
// of: from the TLVs if both are there, else from the text.
func readReceipt(m smpp.Message) (id []byte, state message.State, ok bool) {
	r := m.TLVs()
	for tlv, more := r.Next(); more; tlv, more = r.Next() {
		switch {
		case tlv.Tag == smpp.TagReceiptedMessageID:
			id, _, _ = bytes.Cut(tlv.Value, []byte{0})
		case tlv.Tag == smpp.TagMessageState && len(tlv.Value) == 1:
			state, ok = messageStates[tlv.Value[0]]
		}
	}
	if ok && len(id) > 0 {
		return id, state, true
	}
	text := m.UserData()
	state, ok = messageStates[statOf(text)]
	id = receiptField(text, "id:")
	return id, state, ok && len(id) > 0
}

// statOf is the message_state that stands in the text of a receipt, zero if there is none.
func statOf(text []byte) byte {
	word := string(receiptField(text, "stat:"))
	return byte(max(slices.Index(stats[1:], word)+1, 0))
}

// receiptField returns the word behind a name in a receipt's text.
func receiptField(text []byte, name string) []byte {
	_, rest, _ := bytes.Cut(text, []byte(name))
	word, _, _ := bytes.Cut(rest, []byte{' '})
	return word
}

// receiptID is the message_id that a receipt or an intermediate notification is
// about: from the TLV, else from the text; nil if the message is neither.
func receiptID(m smpp.Message) []byte {
	switch m.ESMClass() & smpp.ESMClassType {
	case smpp.ESMClassReceipt, smpp.ESMClassIntermediate:
	default:
		return nil
	}
	r := m.TLVs()
	for tlv, more := r.Next(); more; tlv, more = r.Next() {
		if id, _, _ := bytes.Cut(tlv.Value, []byte{0}); tlv.Tag == smpp.TagReceiptedMessageID && len(id) > 0 {
			return id
		}
	}
	if id := receiptField(m.UserData(), "id:"); len(id) > 0 {
		return id
	}
	return nil
}
