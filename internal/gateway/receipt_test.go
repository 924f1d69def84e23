package gateway

import (
	"context"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/golden"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/message"
	"readback/relay/reads"
	"readback/smpp"
)

const appendixB = "id:4A7F01 sub:001 dlvrd:001 submit date:2611230829 done date:2611230829 stat:DELIVRD err:000 text:Hello"

// The ledger hears of the receipts that pass by, and of nothing else.
func TestReceiptNoted(t *testing.T) {
	type note struct {
		sender, receiver, id string
		state                message.State
	}
	notes := make(chan note, 10)
	w := serve(t, setup{ledger: fakeLedger{receipt: func(_ string, c message.Conversation, id []byte, state message.State, _ message.Session) {
		notes <- note{c.Sender.String(), c.Receiver.String(), string(id), state}
	}}})
	esme, smsc := w.bind(simulator.Bind{})
	delivery := func(from, to string, esmClass byte) smpp.Frame {
		return simulator.ShortMessage{
			From: simulator.Number(from), To: simulator.Number(to), ESMClass: esmClass, UserData: []byte(appendixB),
		}.Append(nil, pdu.DeliverSMID, 0)
	}
	pass := []smpp.Frame{
		delivery("447700900123", "10690001", 0x00),                // MO
		delivery("447700900123", "10690001", 0x20),                // intermediate notification
		delivery("447700900123", "10690001", 0x08),                // somebody's acknowledgement
		delivery("447700900123", "10690001", 0x10),                //
		delivery("", "10690001", smpp.ESMClassReceipt),            // the first that counts: the id is enough
		delivery("447700900123", "", smpp.ESMClassReceipt),        // the second
		testpeer.Frame(pdu.DeliverSMID, 0, 0, "broken"),           //
		testpeer.Frame(pdu.DataSMID, 0, 0, "\x00\x00\x00\x00"),    //
		golden.Bytes(t, "deliver_mo.txt", "in"),                   //
		delivery("+447700900123", "BANK", smpp.ESMClassReceipt),   // the third
		golden.Bytes(t, "deliver_receipt.txt", "in"),              // the fourth
		golden.Bytes(t, "deliver_receipt_disagrees.txt", "in"),    // the TLVs win
		golden.Bytes(t, "deliver_receipt_ucs2.txt", "in"),         //
		delivery("447700900123", "1", smpp.ESMClassReceipt|0x40),  // with a header, which this text is not
		delivery("00447700900123", "1", smpp.ESMClassReceipt|0x3), // mode bits mean nothing here
	}
	for i, f := range pass {
		f.SetSeq(uint32(i + 1))
		smsc.Send(f)
		esme.Want("deliver_sm", f)
		esme.Send(testpeer.Frame(smpp.ResponseID(f.ID()), 0, f.Seq(), "\x00"))
	}
	for _, want := range []note{
		{"10690001", "", "4A7F01", message.StateDelivered},
		{"", "447700900123", "4A7F01", message.StateDelivered},
		{"bank", "447700900123", "4A7F01", message.StateDelivered},
		{"10690001", "447700900123", "4A7F01", message.StateDelivered},
		{"10690001", "447700900123", "4A7F01", message.StateDelivered},
		{"10690001", "447700900123", "4A7F01", message.StateExpired},
		{"1", "447700900123", "4A7F01", message.StateDelivered},
		{"1", "447700900123", "4A7F01", message.StateDelivered},
	} {
		if got := testpeer.Receive(t, "receipt", notes); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if len(notes) > 0 {
		t.Errorf("noted %+v, want no more", <-notes)
	}
}

// A receipt of no type, or of both, is told by its TLVs. It is noted like others, goes to the account of its
// message, whoever seems to have sent it, and is no read response. Acknowledgements are no receipts.
func TestReceiptByTLVs(t *testing.T) {
	state := func(s byte) string { return string(smpp.AppendTLV(nil, smpp.TagMessageState, []byte{s})) }
	from := func(sender simulator.Address, esmClass byte, text, tlvs string, seq uint32) smpp.Frame {
		return simulator.ShortMessage{
			From: sender, To: simulator.Number("447700900999"), ESMClass: esmClass, UserData: []byte(text), TLVs: []byte(tlvs),
		}.Append(nil, pdu.DeliverSMID, seq)
	}
	number, name := simulator.Number(receiver), simulator.Number("SMSC-One")
	const read = "\x05\x81\x03\x00\x11\x01"
	notes := make(chan string, 10)
	ledger := remembering()
	ledger.routes.Store("4A7F01", "bank")
	ledger.receipt = func(_ string, c message.Conversation, id []byte, state message.State, _ message.Session) {
		notes <- c.Receiver.String() + " " + string(id) + " " + state.String()
	}
	reads := func(o *Options) {
		o.ReadIEI = 0x81
		o.Reads = func(context.Context, reads.Read) message.Verdict {
			t.Error("a receipt is taken for a read response")
			return message.Verdict{}
		}
	}
	inBothModes(t, setup{ledger: ledger, options: reads}, Account{}, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		takes(esme, smsc, from(number, 0x00, "", receiptedID("4A7F01")+state(2), 11))
		takes(esme, smsc, from(number, 0x24, "Hello", state(5)+receiptedID("4A7F01"), 12))
		takes(esme, smsc, from(name, 0x03, "", receiptedID("4A7F01")+state(3), 13))
		takes(esme, smsc, from(number, 0x40, read, receiptedID("4A7F01")+state(2), 14))
		for _, want := range []string{receiver + " 4A7F01 delivered", receiver + " 4A7F01 failed", "smsc-one 4A7F01 expired", receiver + " 4A7F01 delivered"} {
			if got := testpeer.Receive(t, "receipt", notes); got != want {
				t.Errorf("noted %s, want %s", got, want)
			}
		}
		for i, other := range []smpp.Frame{
			from(number, 0x08, "", receiptedID("4A7F01")+state(2), 21),
			from(number, 0x10, "", receiptedID("4A7F01")+state(2), 22),
			from(number, 0x00, "", receiptedID("4A7F01"), 23),
			from(number, 0x24, "id:4A7F01 stat:DELIVRD", state(2), 24),
		} {
			if w.pool == nil {
				takes(esme, smsc, other)
			} else {
				returns(smsc, other) // it is for 447700900999, who is nobody's
			}
			if len(notes) > 0 {
				t.Errorf("message %d: noted %s, want nothing", i+1, <-notes)
			}
		}
	})
}
