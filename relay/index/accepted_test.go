package index

import (
	"fmt"
	"slices"
	"testing"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
)

func partAt(p journal.Place, seq uint8, id string, at int64) journal.Record {
	r := journaltest.AcceptedAt(p, id)
	r.Part, r.At = message.Part{Ref: 7, Total: 2, Seq: seq}, at
	return r
}

// The parts of a message become one entry with the time of the earliest part. The event "sent"
// is made once.
func TestPartsBecomeOneEntry(t *testing.T) {
	l, p := newLogbook(t), testPlace(t)
	earlier := p
	earlier.Ordinal = 4
	l.write(partAt(earlier, 1, "x1", 900), partAt(earlier, 2, "x2", 901))
	l.write(partAt(p, 2, "b", 1500))
	if e := l.entry(p); e.Ordinal != 5 || len(e.Parts) != 1 || e.Total != 2 || e.At != 1500 {
		t.Errorf("first part: got %+v, want the later message alone", e)
	}
	l.write(partAt(p, 1, "a", 1000), partAt(p, 2, "B", 1600)) // the second one was sent again
	e := l.entry(p)
	if got := fmt.Sprint(e.MessageIDs()); got != "[a B]" || e.At != 1000 {
		t.Errorf("both: got %s at %d, want [a B] at 1000", got, e.At)
	}
	if got := l.changes(); !slices.Equal(got, []message.Change{"sent", "sent"}) {
		t.Errorf("events: got %v, want one of each message", got)
	}
}

// An entry keeps the state from receipts and read responses when the SMSC accepts another part.
func TestPartAfterTheReceipt(t *testing.T) {
	l, p := newLogbook(t), testPlace(t)
	l.write(partAt(p, 1, "a", 1000), receiptAt(p, 1, message.StateDelivered, 1100), readAt(p, message.StatusRead, 1200))
	l.write(partAt(p, 2, "b", 1300))
	if e := l.entry(p); e.State != message.StateRead || e.Parts[0].State != message.StateDelivered || len(e.Parts) != 2 {
		t.Errorf("got %+v, want it read, with both parts", e)
	}
}

// A message of an expired day gets no entry. The head of its conversation is still updated.
func TestAcceptedOfExpiredDay(t *testing.T) {
	for _, tt := range []struct {
		name    string
		expired uint16
		want    bool
	}{{"the day after", 20781, false}, {"that day", 20780, true}} {
		t.Run(tt.name, func(t *testing.T) {
			l, p := newLogbook(t), testPlace(t)
			l.a.Expired = tt.expired
			l.write(journaltest.AcceptedAt(p, "id"))
			if e := l.entry(p); (e != nil) != tt.want {
				t.Errorf("entry: got %+v, want one: %v", e, tt.want)
			}
			if epoch, next, err := l.ix.Head(&p.Conv); err != nil || epoch != 3 || next != 6 {
				t.Errorf("head: got %d %d %v, want epoch 3 and 6", epoch, next, err)
			}
		})
	}
}
