package index

import (
	"reflect"
	"testing"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
	"readback/smpp/receipt"
)

// The ledger says of the whole message what the receipts of its parts come to, field by field.
func TestReceiptOfWholeMessage(t *testing.T) {
	m := receipt.Merge{States: make([]byte, 2), Wanted: 1}
	if got := noteReceipt(&m, 1, &message.PartReceipt{State: 5, ID: "A1", Err: "021", Network: "\x03\x00\x15", Text: "one"}); got != nil {
		t.Errorf("one of two: got %+v, want nothing yet", got)
	}
	got := noteReceipt(&m, 2, &message.PartReceipt{State: 2, ID: "A2", Err: "000", Network: "\x03\x00\x00", Text: "two"})
	want := message.Merged{PartReceipt: message.PartReceipt{State: 5, ID: "A1", Err: "021", Network: "\x03\x00\x15", Text: "one"}, Wanted: true}
	if got == nil || *got != want {
		t.Errorf("two of two: got %+v, want %+v", got, want)
	}
}

// The ESME gets the merged receipt only if it asked for one of that state: see receipt.Merge.
func TestWhichReceiptIsWanted(t *testing.T) {
	for state, want := range map[byte]bool{messageDelivered: false, messageExpired: true} {
		c := receipt.Merge{Wanted: 2, States: make([]byte, 1)} // of failures
		if m := noteReceipt(&c, 1, &message.PartReceipt{State: state}); m == nil || m.Wanted != want {
			t.Errorf("state %d: got %+v, want that it is wanted: %v", state, m, want)
		}
	}
}

// The value of a split message has each field of its Merge that counts.
func TestCutStateComesBack(t *testing.T) {
	want := receipt.Merge{
		Wanted: 2, Closing: 3, States: []byte{messageDelivered, 0, messageExpired}, ID: "A1", Text: "text",
		Worst: receipt.Part{State: receipt.Expired, Err: "021", Network: "\x03\x00\x15"},
	}
	value := appendSplitState(nil, &want)
	if got, err := parseSplitState(value); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for i := range value {
		if got, err := parseSplitState(value[:i]); err == nil {
			t.Errorf("cut at %d: got %+v, want an error", i, got)
		}
	}
}

// Values of message_state.
const (
	messageDelivered     = byte(receipt.Delivered)
	messageExpired       = byte(receipt.Expired)
	messageUndeliverable = byte(receipt.Undeliverable)
)

// The first part creates the state of a split message. Receipts count only for their own message
// on its own day.
func TestPartsInTheIndex(t *testing.T) {
	l, c := newLogbook(t), relaytest.Conversation(t, "10690001", "447700900123")
	cut := func(day uint16, first, key string, seq uint8) journal.Record {
		return journal.Record{
			Kind: journal.KindSplit, Place: journal.Place{Conv: c, Day: day}, Part: message.Part{Total: 2}, PartSeq: seq,
			Split: journal.SplitRecord{First: []byte(first), Key: []byte(key), Wanted: 1},
		}
	}
	merge := func(day uint16, first string, seq uint8) *message.Merged {
		l.write(journal.Record{
			Kind: journal.KindMerge, Place: journal.Place{Day: day}, PartSeq: seq, Split: journal.SplitRecord{First: []byte(first)},
			Notes: message.PartReceipt{State: messageDelivered},
		})
		return l.result.outcomes[0].Merged
	}
	l.write(cut(20780, "a1", "a1", 1), cut(20780, "a1", "a2", 2), cut(20781, "a1", "a1", 1), cut(20780, "b1", "b1", 1))
	for key, want := range map[string]journal.SplitPart{
		"a1": {Seq: 1, First: "a1", Day: 20781}, "a2": {Seq: 2, First: "a1", Day: 20780},
	} { // the newest, though the clock is a day behind
		if p, ok, err := l.ix.Part([]byte(key), &c.Receiver, 20780, 1); err != nil || !ok || p != want {
			t.Errorf("part %s: got %+v %v, %v, want %+v", key, p, ok, err, want)
		}
	}
	if m := merge(20780, "a1", 1); m != nil {
		t.Errorf("one of two: got %+v", m)
	}
	l.write(cut(20780, "a1", "a2", 2)) // the part comes again: what is known of the first stays
	if m := merge(20781, "a1", 2); m != nil {
		t.Errorf("of another day: got %+v", m)
	}
	if m := merge(20780, "b1", 2); m != nil {
		t.Errorf("of another message: got %+v", m)
	}
	if m := merge(20780, "c1", 2); m == nil || m.State != messageDelivered || !m.Wanted {
		t.Errorf("of one that is lost: got %+v, want the receipt of the part", m)
	}
	if m := merge(20780, "a1", 2); m == nil || m.State != messageDelivered {
		t.Errorf("two of two: got %+v, want delivered", m)
	}
	l.a.Expired = 20781
	for _, day := range []uint16{20780, 20781} {
		l.write(cut(day, "d1", "d1", 1))
		if _, ok, err := l.ix.Part([]byte("d1"), &c.Receiver, day, 1); err != nil || ok != (day == 20781) {
			t.Errorf("day %d: got a part %v, %v, want %v", day, ok, err, day == 20781)
		}
	}
}
