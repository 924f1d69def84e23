package index

import (
	"fmt"
	"slices"
	"testing"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
)

// An entry keeps the last time at which the receiver reported the message as not read, until the
// receiver has read it.
func TestNotRead(t *testing.T) {
	l, p := newLogbook(t), testPlace(t)
	l.write(journaltest.AcceptedAt(p, "id"), receiptAt(p, 0, message.StateDelivered, 1500))
	for _, tt := range []struct{ at, want int64 }{{2000, 2000}, {1900, 2000}, {2100, 2100}} {
		if got := l.write(readAt(p, message.StatusNotRead, tt.at)); !slices.Equal(got, []Outcome{Noted}) {
			t.Errorf("at %d: got %v, want it noted", tt.at, got)
		}
		if e := l.entry(p); e.NotReadAt != tt.want || e.State != message.StateDelivered || e.ReadAt != 0 {
			t.Errorf("at %d: got %+v, want it not read at %d", tt.at, e, tt.want)
		}
	}
	l.write(receiptAt(p, 0, message.StateDelivered, 2500)) // says nothing new
	if fb := l.feedback(); len(fb) != 0 {
		t.Errorf("feedback: got %+v, want none", fb)
	}
	want := []message.Change{"sent", "delivered", message.ChangeNotRead, message.ChangeNotRead, message.ChangeNotRead}
	if got := l.changes(); !slices.Equal(got, want) {
		t.Errorf("events: got %v, want %v", got, want)
	}
}

// The receipts of a message have passed when the last awaited one has. If the message was read
// before, the applier announces that, because feedback may be waiting for it.
func TestReceiptPassed(t *testing.T) {
	wanting := func(r journal.Record) journal.Record { r.WantsReceipt = true; return r }
	p := testPlace(t)
	tests := []struct {
		name    string
		before  []journal.Record
		receipt journal.Record
		want    int
	}{
		{"read before", []journal.Record{wanting(journaltest.AcceptedAt(p, "a")), readAt(p, message.StatusRead, 2000)}, receiptAt(p, 0, message.StateDelivered, 3000), 1},
		{"not read", []journal.Record{wanting(journaltest.AcceptedAt(p, "a"))}, receiptAt(p, 0, message.StateDelivered, 3000), 0},
		{"not wanted", []journal.Record{journaltest.AcceptedAt(p, "a"), readAt(p, message.StatusRead, 2000)}, receiptAt(p, 0, message.StateDelivered, 3000), 0},
		{"passed before", []journal.Record{
			wanting(journaltest.AcceptedAt(p, "a")), receiptAt(p, 0, message.StateDelivered, 1500), readAt(p, message.StatusRead, 2000),
		}, receiptAt(p, 0, message.StateDelivered, 3000), 0},
		{"one of two", []journal.Record{wanting(partAt(p, 1, "a", 1000)), readAt(p, message.StatusRead, 2000)}, receiptAt(p, 1, message.StateDelivered, 3000), 0},
		{"the other one", []journal.Record{
			wanting(partAt(p, 1, "a", 1000)), readAt(p, message.StatusRead, 2000), receiptAt(p, 1, message.StateDelivered, 2500),
		}, receiptAt(p, 2, message.StateFailed, 3000), 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLogbook(t)
			l.write(tt.before...)
			if len(l.write(tt.receipt)) != 0 {
				t.Error("the receipt has an outcome")
			}
			passed := l.result.ReceiptPassed
			if len(passed) != tt.want || tt.want == 1 && passed[0] != (ReceiptPassed{"bank", p.Conv, p.Number}) {
				t.Errorf("passed: got %+v, want %d", passed, tt.want)
			}
			l.write(journaltest.AcceptedAt(p, "next"))
			if passed := l.result.ReceiptPassed; len(passed) != 0 {
				t.Errorf("with the next batch: got %+v again", passed)
			}
		})
	}
}

// The time at which the ESME acknowledged a feedback is noted once, and only for a message that
// was read.
func TestReported(t *testing.T) {
	l, p := newLogbook(t), testPlace(t)
	reported := func(at int64) journal.Record { return journal.Record{Kind: journal.KindReported, Place: p, At: at} }
	l.write(journaltest.AcceptedAt(p, "id"), reported(1500))
	if e := l.entry(p); e.ReportedAt != 0 {
		t.Errorf("before it was read: got %d, want 0", e.ReportedAt)
	}
	l.write(readAt(p, message.StatusRead, 2000), reported(3000))
	l.write(reported(4000))
	if e := l.entry(p); e.ReportedAt != 3000 || e.State != message.StateRead {
		t.Errorf("got %+v, want it reported at 3000", e)
	}
	if got, want := l.changes(), []message.Change{"sent", "read", message.ChangeReported}; !slices.Equal(got, want) {
		t.Errorf("events: got %v, want %v", got, want)
	}
}

// Of two read responses the first one makes a feedback and the second one does not, in one
// append or in two.
func TestFirstReadCounts(t *testing.T) {
	tests := []struct {
		name          string
		first, second uint8
		state         message.State
	}{
		{"read twice", message.StatusRead, message.StatusRead, message.StateRead},
		{"read, then deleted", message.StatusRead, message.StatusDeletedUnread, message.StateRead},
		{"deleted, then read", message.StatusDeletedUnread, message.StatusRead, message.StateDeletedUnread},
		{"read, then not read", message.StatusRead, message.StatusNotRead, message.StateRead},
	}
	for _, tt := range tests {
		for _, together := range []bool{true, false} {
			t.Run(fmt.Sprint(tt.name, ", in one append: ", together), func(t *testing.T) {
				l, p := newLogbook(t), testPlace(t)
				first, second := readAt(p, tt.first, 2000), readAt(p, tt.second, 3000)
				var got []Outcome
				if together {
					got = l.write(journaltest.AcceptedAt(p, "id1"), first, second)
				} else {
					l.write(journaltest.AcceptedAt(p, "id1"))
					got = append(l.write(first), l.write(second)...)
				}
				if want := []Outcome{Read, Duplicate}; !slices.Equal(got, want) {
					t.Errorf("outcomes: got %v, want %v", got, want)
				}
				if fb := l.feedback(); len(fb) != 1 || fb[0].Status != tt.first || !fb[0].ReadAt.Equal(message.Time(2000)) {
					t.Errorf("feedback: got %+v, want that of the first alone", fb)
				}
				e := l.entry(p)
				if e.State != tt.state || e.ReadAt != 2000 || e.ReceivedAt != 2001 || e.ReadID != 2000 || e.NotReadAt != 0 {
					t.Errorf("entry: got %+v, want what the first said", e)
				}
				if want := [][2]int{{1, 0}}; !slices.Equal(l.rows, want) {
					t.Errorf("rows of the outbox: got %v, want %v", l.rows, want)
				}
			})
		}
	}
}
