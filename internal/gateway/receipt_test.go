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

func TestReadReceipt(t *testing.T) {
	id := func(s string) string { return string(smpp.AppendTLV(nil, smpp.TagReceiptedMessageID, []byte(s))) }
	state := func(b ...byte) string { return string(smpp.AppendTLV(nil, smpp.TagMessageState, b)) }
	const none = message.StateSent
	tests := []struct {
		name, text, tlvs string
		id               string // empty: no receipt that tells anything
		state            message.State
	}{
		{"text", appendixB, "", "4A7F01", message.StateDelivered},
		{"TLVs", "", id("4A7F01\x00") + state(2), "4A7F01", message.StateDelivered},
		{"TLVs the other way round", "", state(2) + id("4A7F01\x00"), "4A7F01", message.StateDelivered},
		{"TLVs go first", appendixB, id("OTHER\x00") + state(5), "OTHER", message.StateFailed},
		{"id without NUL", "", id("4A7F01") + state(3), "4A7F01", message.StateExpired},
		{"id with leading zeros", "", id("0004a7f01\x00") + state(2), "0004a7f01", message.StateDelivered},
		{"decimal id in the text", "id:4882177 stat:DELIVRD", "", "4882177", message.StateDelivered},
		{"one TLV of the two: the text", appendixB, id("OTHER\x00"), "4A7F01", message.StateDelivered},
		{"the other one: the text", appendixB, state(5), "4A7F01", message.StateDelivered},
		{"state of two octets: the text", appendixB, id("OTHER\x00") + state(5, 0), "4A7F01", message.StateDelivered},
		{"nothing else in it", "id:A stat:EXPIRED", "", "A", message.StateExpired},
		{"failed: deleted", "id:A stat:DELETED err:001", "", "A", message.StateFailed},
		{"failed: undeliverable", "id:A stat:UNDELIV err:001", "", "A", message.StateFailed},
		{"failed: rejected", "id:A stat:REJECTD err:001", "", "A", message.StateFailed},
		{"failed by TLV: deleted", "", id("A") + state(4), "A", message.StateFailed},
		{"failed by TLV: rejected", "", id("A") + state(8), "A", message.StateFailed},
		{"on its way", "id:A stat:ENROUTE err:000", "", "", none},
		{"on its way by TLV", "", id("A") + state(1), "", none},
		{"accepted", "id:A stat:ACCEPTD err:000", id("A") + state(6), "", none},
		{"unknown", "id:A stat:UNKNOWN err:000", id("A") + state(7), "", none},
		{"a state of no standard", "id:A stat:READ", id("A") + state(99), "", none},
		{"no id", "stat:DELIVRD err:000", "", "", none},
		{"empty id", "id: stat:DELIVRD", id("\x00") + state(2), "", none},
		{"no state", "id:4A7F01 err:000", "", "", none},
		{"no text", "", "", "", none},
		{"any text", "Hello", "", "", none},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := smpp.ParseMessage(simulator.ShortMessage{
				ESMClass: smpp.ESMClassReceipt, UserData: []byte(tt.text), TLVs: []byte(tt.tlvs),
			}.Append(nil, pdu.DeliverSMID, 1))
			if err != nil {
				t.Fatal(err)
			}
			id, state, ok := readReceipt(m)
			if ok != (tt.id != "") || ok && (string(id) != tt.id || state != tt.state) {
				t.Errorf("got %q, %s, %t; want %q, %s", id, state, ok, tt.id, tt.state)
			}
		})
	}
}

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
	deliver := func(from, to string, esmClass byte) smpp.Frame {
		return simulator.ShortMessage{
			From: simulator.Number(from), To: simulator.Number(to), ESMClass: esmClass, UserData: []byte(appendixB),
		}.Append(nil, pdu.DeliverSMID, 0)
	}
	pass := []smpp.Frame{
		deliver("447700900123", "10690001", 0x00),                // MO
		deliver("447700900123", "10690001", 0x20),                // intermediate notification
		deliver("447700900123", "10690001", 0x08),                // somebody's acknowledgement
		deliver("447700900123", "10690001", 0x10),                //
		deliver("", "10690001", smpp.ESMClassReceipt),            // of no conversation
		deliver("447700900123", "", smpp.ESMClassReceipt),        //
		testpeer.Frame(pdu.DeliverSMID, 0, 0, "broken"),          //
		testpeer.Frame(pdu.DataSMID, 0, 0, "\x00\x00\x00\x00"),   //
		golden.Bytes(t, "deliver_mo.txt", "in"),                  //
		deliver("+447700900123", "BANK", smpp.ESMClassReceipt),   // the first that counts
		golden.Bytes(t, "deliver_receipt.txt", "in"),             // the second
		deliver("447700900123", "1", smpp.ESMClassReceipt|0x40),  // with a header, which this text is not
		deliver("00447700900123", "1", smpp.ESMClassReceipt|0x3), // mode bits mean nothing here
	}
	for i, f := range pass {
		f.SetSeq(uint32(i + 1))
		smsc.Send(f)
		esme.Want("deliver_sm", f)
	}
	for _, want := range []note{
		{"bank", "447700900123", "4A7F01", message.StateDelivered},
		{"10690001", "447700900123", "4A7F01", message.StateDelivered},
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
