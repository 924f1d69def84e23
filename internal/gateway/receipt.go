package gateway

import (
	"bytes"

	"readback/relay"
	"readback/smpp"
)

// noteReceipt tells the ledger of a delivery receipt that passes by (SMPP 3.4
// §5.2.12, Appendix B). What is no receipt just passes.
func (l *link) noteReceipt(m smpp.Message) {
	if m.ESMClass()&smpp.ESMClassType != smpp.ESMClassReceipt {
		return
	}
	id, state, ok := readReceipt(m)
	if !ok {
		return
	}
	var c relay.Conversation
	var err error
	// The receipt goes the other way round than its message.
	if c.Sender, err = relay.NormalAddr(m.To.Addr); err != nil {
		return
	}
	if c.Receiver, err = relay.NormalAddr(m.From.Addr); err != nil {
		return
	}
	l.g.intercept.Ledger.Receipt(c, id, state)
}

// messageStates are the final ones of message_state (SMPP 3.4 §5.2.28).
var messageStates = map[byte]relay.State{
	2: relay.StateDelivered,
	3: relay.StateExpired,
	4: relay.StateFailed, // deleted
	5: relay.StateFailed, // undeliverable
	8: relay.StateFailed, // rejected
}

// statStates are the same in the text of a receipt (SMPP 3.4 Appendix B).
var statStates = map[string]relay.State{
	"DELIVRD": relay.StateDelivered,
	"EXPIRED": relay.StateExpired,
	"DELETED": relay.StateFailed,
	"UNDELIV": relay.StateFailed,
	"REJECTD": relay.StateFailed,
}

// readReceipt returns the message_id and the final state that a receipt tells
// of: from the TLVs if both are there, else from the text.
func readReceipt(m smpp.Message) (id []byte, state relay.State, ok bool) {
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
	state, ok = statStates[string(receiptField(text, "stat:"))]
	id = receiptField(text, "id:")
	return id, state, ok && len(id) > 0
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
