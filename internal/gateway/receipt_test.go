package gateway

import (
	"slices"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/golden"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/journal"
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

// A receipt whose text and TLVs say different things is read the same wherever it goes: by what
// the ledger hears of it, whether it is held, and what it says of a part.
func TestReceiptsThatDisagree(t *testing.T) {
	state := func(s byte) string { return string(smpp.AppendTLV(nil, smpp.TagMessageState, []byte{s})) }
	const none = message.StateSent
	tests := []struct {
		name, text, tlvs string
		id               string
		state            message.State // in the ledger
		part             byte          // message_state of the part; 0: it is not final
	}{
		{"agree", "id:A stat:DELIVRD", receiptedID("A") + state(2), "A", message.StateDelivered, 2},
		{"text undelivered, TLV delivered", "id:A stat:UNDELIV", state(2), "A", message.StateDelivered, 2},
		{"text delivered, TLV undeliverable", "id:A stat:DELIVRD", state(5), "A", message.StateFailed, 5},
		{"text delivered, TLV expired", "id:A stat:DELIVRD", state(3), "A", message.StateExpired, 3},
		{"text delivered, TLV deleted", "id:A stat:DELIVRD", state(4), "A", message.StateFailed, 4},
		{"text delivered, TLV rejected", "id:A stat:DELIVRD", state(8), "A", message.StateFailed, 8},
		{"text delivered, TLV unknown", "id:A stat:DELIVRD", state(7), "A", none, 7},
		{"text delivered, TLV under way", "id:A stat:DELIVRD", state(1), "A", none, 0},
		{"text under way, TLV delivered", "id:A stat:ENROUTE", state(2), "A", message.StateDelivered, 2},
		{"another id", "id:A stat:DELIVRD", receiptedID("B"), "B", message.StateDelivered, 2},
		{"another id and state", "id:A stat:DELIVRD", receiptedID("B") + state(5), "B", message.StateFailed, 5},
		{"no TLVs", "Id: A Stat: undeliv", "", "A", message.StateFailed, 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var part message.PartReceipt
			ledger := fakeLedger{merge: func(_ journal.CutPart, p message.PartReceipt, done func(*message.Merged, error)) {
				part = p
				done(nil, nil)
			}}
			r := newReceiving(t, ledger, func(o *receiptOptions) {
				o.Hold = holding(func(_, id string, _ []byte) (bool, error) { return id == tt.id, nil })
			})
			const network = "\x03\x00\x15"
			tlvs := string(smpp.AppendTLV([]byte(tt.tlvs), smpp.TagNetworkErrorCode, []byte(network)))
			m, rc, _ := readAgain(deliverFrame("10690001", 0x04, tt.text+" err:021 text:words", tlvs, 7))
			var noted []string
			if tt.state != none {
				noted = []string{tt.id + " " + tt.state.String()}
			}
			if r.noteReceipt(m, &rc); !slices.Equal(r.noted, noted) {
				t.Errorf("noted %v, want %v", r.noted, noted)
			}
			if held := r.holdReceipt(t.Context(), "bank", m, &rc, r.later, r.path); held != (tt.state == message.StateDelivered) {
				t.Errorf("held %t of state %v", held, tt.state)
			}
			if got := r.did(); len(got) > 0 && got[0] != "answered 00" {
				t.Errorf("held: it was %v", got)
			}
			var want message.PartReceipt
			if tt.part > 0 {
				want = message.PartReceipt{State: tt.part, ID: tt.id, Err: "021", Network: network, Text: "words"}
			}
			if r.merge(journal.CutPart{Seq: 1}, m, &rc, r.path); part != want {
				t.Errorf("part: got %+v, want %+v", part, want)
			}
		})
	}
}
