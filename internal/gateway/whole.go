package gateway

import (
	"bytes"

	"readback/relay"
	"readback/relay/message"
	"readback/smpp"
)

// receiptState is the message_state that a receipt tells of, and whether it is the last
// word on its message.
func receiptState(m smpp.Message) (state byte, isFinal bool) {
	state = statOf(m.UserData())
	if v := receiptTLV(m, smpp.TagMessageState); len(v) == 1 && (relay.IsFinal(v[0]) || !relay.IsFinal(state)) {
		state = v[0]
	}
	return state, relay.IsFinal(state) && m.ESMClass()&smpp.ESMClassType == smpp.ESMClassReceipt
}

// receiptTLV is the value of an optional parameter; nil if there is none.
func receiptTLV(m smpp.Message, tag smpp.Tag) []byte {
	r := m.TLVs()
	for tlv, ok := r.Next(); ok; tlv, ok = r.Next() {
		if tlv.Tag == tag {
			return tlv.Value
		}
	}
	return nil
}

// partReceipt is what the receipt of the whole may need of that of a part.
func partReceipt(m smpp.Message, state byte) message.PartReceipt {
	_, text := receiptText(m.UserData())
	return message.PartReceipt{
		State: state, ID: string(receiptID(m)), Err: string(receiptField(m.UserData(), "err:")),
		Network: string(receiptTLV(m, smpp.TagNetworkErrorCode)), Text: string(text),
	}
}

// receiptText cuts a receipt before the first words of the message, which end it.
func receiptText(text []byte) (before, words []byte) {
	at := len(text)
	for _, name := range []string{"text:", "Text:", "TEXT:"} {
		if i := bytes.Index(text[:at], []byte(name)); i >= 0 {
			at = i + len(name)
		}
	}
	return text[:at], text[at:]
}

// wholeReceipt makes the receipt of a message of the last one of its parts: with the
// message_id that the ESME knows, and the worst outcome. What else it says stays, its
// time above all.
func wholeReceipt(m smpp.Message, whole *relay.Merged) smpp.Message {
	text := wholeText(m.UserData(), whole)
	f, ok := m.AppendChanged(nil, smpp.Change{
		UserData: text, ESMClass: m.ESMClass(), RegisteredDelivery: m.RegisteredDelivery(),
		TLV: func(tlv smpp.TLV) (value []byte, keep bool) {
			switch {
			case tlv.Tag == smpp.TagReceiptedMessageID:
				return append([]byte(whole.ID), 0), true
			case tlv.Tag == smpp.TagMessageState:
				return []byte{whole.State}, true
			case tlv.Tag == smpp.TagNetworkErrorCode && whole.Network != "":
				return []byte(whole.Network), true
			}
			return tlv.Value, true
		},
	})
	if !ok {
		return m // too long; the ESME may know what it means
	}
	if changed, err := smpp.ParseMessage(f); err == nil {
		return changed
	}
	return m
}

// wholeText is the text of the receipt.
func wholeText(text []byte, whole *relay.Merged) []byte {
	before, _ := receiptText(text)
	hasWords := len(before) < len(text)
	before = replaceField(before, "id:", whole.ID)
	before = replaceField(before, "stat:", stats[whole.State])
	if whole.Err != "" {
		before = replaceField(before, "err:", whole.Err)
	}
	if delivered := receiptField(before, "dlvrd:"); whole.State != messageStateDelivered {
		before = replaceField(before, "dlvrd:", string(bytes.Repeat([]byte("0"), len(delivered))))
	}
	if hasWords {
		before = append(before, whole.Text...)
	}
	return before
}

// replaceField returns a copy of a receipt's text with another word behind a name, where
// that is.
func replaceField(text []byte, name, word string) []byte {
	i := bytes.Index(text, []byte(name))
	if i < 0 || word == "" {
		return bytes.Clone(text)
	}
	i += len(name)
	old := len(receiptField(text, name))
	return append(append(bytes.Clone(text[:i]), word...), text[i+old:]...)
}
