package receipts

import (
	"slices"
	"testing"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/smpp"
)

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
			ledger := fakeLedger{merge: func(_ journal.SplitPart, p message.PartReceipt, done func(*message.Merged, error)) {
				part = p
				done(nil, nil)
			}}
			r := newReceiving(t, ledger, func(o *Options) {
				o.Hold = holding(func(_, id string, _ []byte) (bool, error) { return id == tt.id, nil })
			})
			const network = "\x03\x00\x15"
			tlvs := string(smpp.AppendTLV([]byte(tt.tlvs), smpp.TagNetworkErrorCode, []byte(network)))
			m, rc, _ := Parse(deliverFrame("10690001", 0x04, tt.text+" err:021 text:words", tlvs, 7))
			var noted []string
			if tt.state != none {
				noted = []string{tt.id + " " + tt.state.String()}
			}
			if r.Note("bank", m, &rc, 0); !slices.Equal(r.noted, noted) {
				t.Errorf("noted %v, want %v", r.noted, noted)
			}
			if held := r.Hold(t.Context(), "bank", m, &rc, r.later, r.path); held != (tt.state == message.StateDelivered) {
				t.Errorf("held %t of state %v", held, tt.state)
			}
			if got := r.did(); len(got) > 0 && got[0] != "answered 00" {
				t.Errorf("held: it was %v", got)
			}
			var want message.PartReceipt
			if tt.part > 0 {
				want = message.PartReceipt{State: tt.part, ID: tt.id, Err: "021", Network: network, Text: "words"}
			}
			if r.merge(journal.SplitPart{Seq: 1}, m, &rc, r.path); part != want {
				t.Errorf("part: got %+v, want %+v", part, want)
			}
		})
	}
}
