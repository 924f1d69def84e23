package relay

import (
	"reflect"
	"testing"

	"readback/relay/message"
	"readback/smpp/receipt"
)

// The ledger says of the whole message what the receipts of its parts come to, field by field.
func TestReceiptOfWholeMessage(t *testing.T) {
	m := receipt.Merge{States: make([]byte, 2), Wanted: 1}
	if got := noteReceipt(&m, 1, &message.PartReceipt{State: 5, ID: "A1", Err: "021", Network: "\x03\x00\x15", Text: "one"}); got != nil {
		t.Errorf("one of two: got %+v, want nothing yet", got)
	}
	got := noteReceipt(&m, 2, &message.PartReceipt{State: 2, ID: "A2", Err: "000", Network: "\x03\x00\x00", Text: "two"})
	want := Merged{PartReceipt: message.PartReceipt{State: 5, ID: "A1", Err: "021", Network: "\x03\x00\x15", Text: "one"}, Wanted: true}
	if got == nil || *got != want {
		t.Errorf("two of two: got %+v, want %+v", got, want)
	}
}

// registered_delivery decides whether the ESME wants the merged receipt.
func TestWhichReceiptIsWanted(t *testing.T) {
	for _, tt := range []struct {
		wanted            byte
		delivered, failed bool
	}{
		{0, true, true},
		{1, true, true},
		{2, false, true},
		{3, true, false},
		{0x10 | 2, false, true}, // other bits ask for other things
		{0x0c | 1, true, true},
	} {
		for state, want := range map[byte]bool{messageDelivered: tt.delivered, messageExpired: tt.failed, messageUnknown: tt.failed} {
			c := receipt.Merge{Wanted: tt.wanted, States: make([]byte, 1)}
			if m := noteReceipt(&c, 1, &message.PartReceipt{State: state}); m == nil || m.Wanted != want {
				t.Errorf("registered_delivery %#x, state %d: got %+v, want that it is wanted: %v", tt.wanted, state, m, want)
			}
		}
	}
}

// The value of a split message has each field of its Merge that counts.
func TestCutStateComesBack(t *testing.T) {
	want := receipt.Merge{
		Wanted: 2, Closing: 3, States: []byte{messageDelivered, 0, messageExpired}, ID: "A1", Text: "text",
		Worst: receipt.Part{State: receipt.Expired, Err: "021", Network: "\x03\x00\x15"},
	}
	value := appendCutState(nil, &want)
	if got, err := parseCutState(value); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for i := range value {
		if got, err := parseCutState(value[:i]); err == nil {
			t.Errorf("cut at %d: got %+v, want an error", i, got)
		}
	}
}

// Values of message_state.
const (
	messageDelivered     = byte(receipt.Delivered)
	messageExpired       = byte(receipt.Expired)
	messageUndeliverable = byte(receipt.Undeliverable)
	messageUnknown       = byte(receipt.Unknown)
	messageRejected      = byte(receipt.Rejected)
)

// The first part creates the state of a cut message. Receipts count only for their own message
