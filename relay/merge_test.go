package relay

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// The merged receipt has the worst state of all parts.
func TestWorstReceipt(t *testing.T) {
	order := []byte{messageDelivered, messageUnknown, messageExpired, messageDeleted, messageUndeliverable, messageRejected}
	for i, a := range order {
		for j, b := range order {
			c := cutState{wanted: 1, states: make([]byte, 2)}
			if m := c.note(1, &message.PartReceipt{State: a, ID: "A1", Err: fmt.Sprint(a), Text: "one"}); m != nil {
				t.Errorf("%d alone: got %+v, want nothing yet", a, m)
			}
			m := c.note(2, &message.PartReceipt{State: b, ID: "A2", Err: fmt.Sprint(b), Text: "two", Network: "n"})
			want := order[max(i, j)]
			if m == nil || m.State != want || m.Err != fmt.Sprint(want) || m.ID != "A1" || m.Text != "one" || !m.Wanted {
				t.Errorf("%d and %d: got %+v, want %d, with the id and the text of the first", a, b, m, want)
			}
		}
	}
}

// Only a final receipt of one of the parts counts.
func TestReceiptOfNoPart(t *testing.T) {
	c := cutState{states: make([]byte, 2)}
	for _, tt := range []struct {
		name  string
		seq   uint8
		state byte
	}{
		{"part 0", 0, messageDelivered},
		{"part 3 of 2", 3, messageDelivered},
		{"no state", 1, 0},
		{"en route", 1, 1},
		{"accepted", 1, 6},
		{"beyond those there are", 1, 9},
	} {
		if m := c.note(tt.seq, &message.PartReceipt{State: tt.state}); m != nil || string(c.states) != "\x00\x00" {
			t.Errorf("%s: got %+v, states %v, want that it changes nothing", tt.name, m, c.states)
		}
	}
}

// A part in the state UNKNOWN may still get a better or a worse state. Any other further receipt
// of a part is a repetition.
func TestUnknownTurnsOut(t *testing.T) {
	const ok, unknown, failed = messageDelivered, messageUnknown, messageUndeliverable
	type step struct {
		seq   uint8
		state byte
		want  string // "": nothing
	}
	for _, tt := range []struct {
		name  string
		steps []step
	}{
		{"better", []step{{1, unknown, ""}, {2, ok, "7 e7"}, {1, ok, "2 e2"}}},
		{"worse", []step{{1, unknown, ""}, {2, ok, "7 e7"}, {1, failed, "5 e5"}}},
		{"better than another that failed", []step{{1, unknown, ""}, {2, failed, "5 e5"}, {1, ok, "5 e5"}}},
		{"unknown again", []step{{1, unknown, ""}, {2, ok, "7 e7"}, {1, unknown, ""}, {2, ok, "7 e7"}}},
		{"a failure is not delivered later", []step{{1, failed, ""}, {2, ok, "5 e5"}, {1, ok, ""}, {2, ok, "5 e5"}}},
		{"a delivery does not become unknown", []step{{1, ok, ""}, {1, unknown, ""}, {2, ok, "2 e2"}}},
		{"the last one again, in another state", []step{{1, ok, ""}, {2, ok, "2 e2"}, {2, failed, "2 e2"}}},
		{"two unknown", []step{{1, unknown, ""}, {2, unknown, "7 e7"}, {1, ok, "7 e7"}, {2, ok, "2 e2"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := cutState{states: make([]byte, 2)}
			for i, s := range tt.steps {
				got := ""
				if m := c.note(s.seq, &message.PartReceipt{State: s.state, Err: fmt.Sprint("e", s.state)}); m != nil {
					got = fmt.Sprint(m.State, " ", m.Err)
				}
				if got != s.want {
					t.Errorf("step %d: got %q, want %q", i+1, got, s.want)
				}
			}
		})
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
			c := cutState{wanted: tt.wanted, states: make([]byte, 1)}
			if m := c.note(1, &message.PartReceipt{State: state}); m == nil || m.Wanted != want {
				t.Errorf("registered_delivery %#x, state %d: got %+v, want that it is wanted: %v", tt.wanted, state, m, want)
			}
		}
	}
}

// Each field of a cutState is in its value.
func TestCutStateComesBack(t *testing.T) {
	want := cutState{
		wanted: 2, closing: 3, states: []byte{messageDelivered, 0, messageExpired}, id: "A1", text: "text",
		worst: message.PartReceipt{State: messageExpired, Err: "021", Network: "\x03\x00\x15"},
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

// The first part creates the state of a cut message. Receipts count only for their own message
// on its own day.
func TestPartsInTheIndex(t *testing.T) {
	l, c := newLogbook(t), relaytest.Conversation(t, "10690001", "447700900123")
	cut := func(day uint16, first, key string, seq uint8) journal.Record {
		return journal.Record{
			Kind: journal.KindCut, Place: journal.Place{Conv: c, Day: day}, Part: message.Part{Total: 2}, PartSeq: seq,
			Cut: journal.CutRecord{First: []byte(first), Key: []byte(key), Wanted: 1},
		}
	}
	merge := func(day uint16, first string, seq uint8) *Merged {
		l.write(journal.Record{
			Kind: journal.KindMerge, Place: journal.Place{Day: day}, PartSeq: seq, Cut: journal.CutRecord{First: []byte(first)},
			Notes: message.PartReceipt{State: messageDelivered},
		})
		return l.result.outcomes[0].merged
	}
	l.write(cut(20780, "a1", "a1", 1), cut(20780, "a1", "a2", 2), cut(20781, "a1", "a1", 1), cut(20780, "b1", "b1", 1))
	for key, want := range map[string]uint8{"a1": 1, "a2": 2} {
		if p, ok, err := l.ix.part([]byte(key), &c.Receiver, 20780, 1); err != nil || !ok || p != (journal.CutPart{Seq: want, First: "a1", Day: 20780}) {
			t.Errorf("part %s: got %+v %v, %v, want %d", key, p, ok, err, want)
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
	if m := merge(20780, "c1", 2); m != nil {
		t.Errorf("of none: got %+v", m)
	}
	if m := merge(20780, "a1", 2); m == nil || m.State != messageDelivered {
		t.Errorf("two of two: got %+v, want delivered", m)
	}
	l.a.expired = 20781
	l.write(cut(20780, "d1", "d1", 1), cut(20781, "d1", "d1", 1))
	for day, want := range map[uint16]bool{20780: false, 20781: true} {
		if _, ok, err := l.ix.part([]byte("d1"), &c.Receiver, day, 1); err != nil || ok != want {
			t.Errorf("day %d: got a part %v, %v, want %v", day, ok, err, want)
		}
	}
}

func TestReceiptsOfPartsMerge(t *testing.T) {
	type step struct {
		part  string
		state byte
		want  string // state, err, id, text and whether it is wanted; "" while more are to come
	}
	const ok, failed = messageDelivered, messageUndeliverable
	for _, tt := range []struct {
		name   string
		wanted byte
		steps  []step
	}{
		{"all delivered", 1, []step{{"a1", ok, ""}, {"a3", ok, ""}, {"a2", ok, "2 002 A1 text of a1 true"}}},
		{"one fails first", 1, []step{{"a2", failed, ""}, {"a1", ok, ""}, {"a3", ok, "5 005 A1 text of a1 true"}}},
		{"one fails last", 1, []step{{"a1", ok, ""}, {"a2", ok, ""}, {"a3", failed, "5 005 A1 text of a1 true"}}},
		{"the worst", 1, []step{{"a1", messageExpired, ""}, {"a2", messageRejected, ""}, {"a3", failed, "8 008 A1 text of a1 true"}}},
		{"the last one again", 1, []step{{"a1", ok, ""}, {"a2", ok, ""}, {"a3", ok, "2 002 A1 text of a1 true"}, {"a3", ok, "2 002 A1 text of a1 true"}}},
		{"an earlier one again", 1, []step{{"a1", ok, ""}, {"a1", ok, ""}, {"a2", ok, ""}, {"a3", ok, "2 002 A1 text of a1 true"}, {"a1", ok, ""}}},
		{"on failure, delivered", 2, []step{{"a1", ok, ""}, {"a2", ok, ""}, {"a3", ok, "2 002 A1 text of a1 false"}}},
		{"on failure, failed", 2, []step{{"a1", ok, ""}, {"a2", failed, ""}, {"a3", ok, "5 005 A1 text of a1 true"}}},
		{"on success, failed", 3, []step{{"a1", ok, ""}, {"a2", failed, ""}, {"a3", ok, "5 005 A1 text of a1 false"}}},
		{"unknown, then known", 1, []step{
			{"a1", ok, ""},
			{"a2", messageUnknown, ""},
			{"a3", ok, "7 007 A1 text of a1 true"},
			{"a2", ok, "2 002 A1 text of a1 true"},
		}},
		{"a failure does not turn", 1, []step{{"a1", failed, ""}, {"a1", ok, ""}, {"a2", ok, ""}, {"a3", ok, "5 005 A1 text of a1 true"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			opt := testOptions(t)
			r := start(t, opt)
			c := relaytest.Conversation(t, "10690001", "447700900123")
			r.submitCut(c, tt.wanted, "A1", "A2", "A3")
			for i, s := range tt.steps {
				if i == 1 { // what came before survives
					if err := r.stop(); err != nil {
						t.Fatal(err)
					}
					r = start(t, opt)
				}
				m, err := r.merge(c, s.part, s.state)
				got := ""
				if m != nil {
					got = fmt.Sprint(m.State, " ", m.Err, " ", m.ID, " ", m.Text, " ", m.Wanted)
				}
				if err != nil || got != s.want {
					t.Errorf("step %d, %s %d: got %q %v, want %q", i+1, s.part, s.state, got, err, s.want)
				}
			}
		})
	}
}

// Merge fails while the ledger is down and when the queue has no room.
func TestMergeWhenDown(t *testing.T) {
	l, _ := idleLedger(t)
	merge := func() (m *Merged, err error, told bool) {
		l.Merge(journal.CutPart{Seq: 1, First: "a1"}, message.PartReceipt{State: messageDelivered}, func(got *Merged, failed error) {
			m, err, told = got, failed, true
		})
		return m, err, told
	}
	if _, _, told := merge(); told {
		t.Error("up: told before the log has it")
	}
	if got := l.takeRecords(t); len(got) != 1 || got[0].Kind != journal.KindMerge {
		t.Errorf("up: got %+v, want one record", got)
	}
	l.status.set(ErrDown)
	if m, err, told := merge(); !told || m != nil || !errors.Is(err, ErrDown) {
		t.Errorf("down: got %v, %v, told %v, want ErrDown", m, err, told)
	}
	l.status.set(nil)
	l.queue.close()
	if m, err, told := merge(); !told || m != nil || !errors.Is(err, ErrDown) {
		t.Errorf("no room: got %v, %v, told %v, want ErrDown", m, err, told)
	}
}
