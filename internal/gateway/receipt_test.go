package gateway

import (
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/golden"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/message"
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
	w := serve(t, setup{ledger: fakeLedger{receipt: func(c message.Conversation, id []byte, state message.State) {
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
		delivery("", "10690001", smpp.ESMClassReceipt),            // of no conversation
		delivery("447700900123", "", smpp.ESMClassReceipt),        //
		testpeer.Frame(pdu.DeliverSMID, 0, 0, "broken"),           //
		testpeer.Frame(pdu.DataSMID, 0, 0, "\x00\x00\x00\x00"),    //
		golden.Bytes(t, "deliver_mo.txt", "in"),                   //
		delivery("+447700900123", "BANK", smpp.ESMClassReceipt),   // the first that counts
		golden.Bytes(t, "deliver_receipt.txt", "in"),              // the second
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
