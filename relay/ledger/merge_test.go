package ledger

import (
	"errors"
	"fmt"
	"testing"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
	"readback/smpp/receipt"
)

func TestReceiptsOfPartsMerge(t *testing.T) {
	type step struct {
		part  string
		state byte
		want  string // state, err, id, text and whether it is wanted; "" while more are to come
	}
	const ok, failed = byte(receipt.Delivered), byte(receipt.Undeliverable)
	for _, tt := range []struct {
		name   string
		wanted byte
		steps  []step
	}{
		{"all delivered", 1, []step{{"a1", ok, ""}, {"a3", ok, ""}, {"a2", ok, "2 002 A1 text of a1 true"}}},
		{"one fails first", 1, []step{{"a2", failed, ""}, {"a1", ok, ""}, {"a3", ok, "5 005 A1 text of a1 true"}}},
		{"one fails last", 1, []step{{"a1", ok, ""}, {"a2", ok, ""}, {"a3", failed, "5 005 A1 text of a1 true"}}},
		{"the worst", 1, []step{{"a1", byte(receipt.Expired), ""}, {"a2", byte(receipt.Rejected), ""}, {"a3", failed, "8 008 A1 text of a1 true"}}},
		{"the last one again", 1, []step{{"a1", ok, ""}, {"a2", ok, ""}, {"a3", ok, "2 002 A1 text of a1 true"}, {"a3", ok, "2 002 A1 text of a1 true"}}},
		{"an earlier one again", 1, []step{{"a1", ok, ""}, {"a1", ok, ""}, {"a2", ok, ""}, {"a3", ok, "2 002 A1 text of a1 true"}, {"a1", ok, ""}}},
		{"on failure, delivered", 2, []step{{"a1", ok, ""}, {"a2", ok, ""}, {"a3", ok, "2 002 A1 text of a1 false"}}},
		{"on failure, failed", 2, []step{{"a1", ok, ""}, {"a2", failed, ""}, {"a3", ok, "5 005 A1 text of a1 true"}}},
		{"on success, failed", 3, []step{{"a1", ok, ""}, {"a2", failed, ""}, {"a3", ok, "5 005 A1 text of a1 false"}}},
		{"unknown, then known", 1, []step{
			{"a1", ok, ""},
			{"a2", byte(receipt.Unknown), ""},
			{"a3", ok, "7 007 A1 text of a1 true"},
			{"a2", ok, "2 002 A1 text of a1 true"},
		}},
		{"a failure does not turn", 1, []step{{"a1", failed, ""}, {"a1", ok, ""}, {"a2", ok, ""}, {"a3", ok, "5 005 A1 text of a1 true"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := runLedger(t)
			c := relaytest.Conversation(t, "10690001", "447700900123")
			p.submitCut(c, tt.wanted, "A1", "A2", "A3")
			for i, s := range tt.steps {
				if i == 1 { // what came before survives
					if err := p.stop(); err != nil {
						t.Fatal(err)
					}
					p = p.again()
				}
				m, err := p.merge(c, s.part, s.state)
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
	merge := func() (m *message.Merged, err error, told bool) {
		l.Merge(journal.SplitPart{Seq: 1, First: "a1"}, message.PartReceipt{State: byte(receipt.Delivered)}, func(got *message.Merged, failed error) {
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
	l.status.Set(ErrDown)
	if m, err, told := merge(); !told || m != nil || !errors.Is(err, ErrDown) {
		t.Errorf("down: got %v, %v, told %v, want ErrDown", m, err, told)
	}
	l.status.Set(nil)
	l.queue.close()
	if m, err, told := merge(); !told || m != nil || !errors.Is(err, ErrDown) {
		t.Errorf("no room: got %v, %v, told %v, want ErrDown", m, err, told)
	}
}
