package receipts

import (
	"context"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/smpp"
)

// fakeLedger is a Ledger of functions. It knows no parts.
type fakeLedger struct {
	merge   func(journal.SplitPart, message.PartReceipt, func(*message.Merged, error))
	receipt func(message.Conversation, []byte, message.State, message.Session)
}

func (l fakeLedger) Receipt(_ string, c message.Conversation, id []byte, s message.State, by message.Session) {
	l.receipt(c, id, s, by)
}

func (fakeLedger) PartOf(string, message.Conversation, []byte) (journal.SplitPart, bool) {
	return journal.SplitPart{}, false
}

func (l fakeLedger) Merge(p journal.SplitPart, r message.PartReceipt, done func(*message.Merged, error)) {
	l.merge(p, r, done)
}

// holding makes a HoldFunc of what a test looks at.
func holding(hold func(account, id string, f []byte) (bool, error)) HoldFunc {
	return func(_ context.Context, account string, _ message.Conversation, id, f []byte) (bool, error) {
		return hold(account, string(id), f)
	}
}

const receiver = "447700900123"

// deliverFrame is a deliver_sm from the receiver.
func deliverFrame(to string, esmClass byte, text, tlvs string, seq uint32) smpp.Frame {
	return simulator.ShortMessage{
		From: simulator.Number(receiver), To: simulator.Number(to), ESMClass: esmClass,
		UserData: []byte(text), TLVs: []byte(tlvs),
	}.Append(nil, pdu.DeliverSMID, seq)
}

var deliveredReceipt = deliverFrame("10690001", smpp.ESMClassReceipt,
	"id:4A7F01 sub:001 dlvrd:001 submit date:2611230829 done date:2611230829 stat:DELIVRD err:000 text:", "", 90)

// receiptedID is the TLV receipted_message_id.
func receiptedID(id string) string {
	return string(smpp.AppendTLV(nil, smpp.TagReceiptedMessageID, []byte(id+"\x00")))
}

// partReceiptOf is a receipt of a part.
func partReceiptOf(id, stat, err string, state byte, seq uint32) smpp.Frame {
	tlvs := receiptedID(id) + string(smpp.AppendTLV(nil, smpp.TagMessageState, []byte{state}))
	return deliverFrame("10690001", smpp.ESMClassReceipt, "id:"+id+" sub:001 dlvrd:001 stat:"+stat+" err:"+err+" text:end of it", tlvs, seq)
}

// parsed is a message that can be read.
func parsed(t testing.TB, f smpp.Frame) smpp.Message {
	t.Helper()
	m, err := smpp.ParseMessage(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
