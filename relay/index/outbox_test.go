package index

import (
	"fmt"
	"slices"
	"testing"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"

	"github.com/cockroachdb/pebble"
)

// outbox returns the rows of one outbox behind a place, in the order of the log, up to the
// limit.
func TestOutboxRows(t *testing.T) {
	l := newLogbook(t)
	for _, k := range []struct {
		prefix     byte
		seq, index uint64
	}{
		{FeedbackOutbox, 2, 0},
		{FeedbackOutbox, 2, 1},
		{FeedbackOutbox, 2, 300},
		{FeedbackOutbox, 256, 0},
		{FeedbackOutbox, 3, 7},
		{EventOutbox, 1, 5},
		{EventOutbox, 4, 0},
		{FeedbackOutbox - 1, 9, 9},
		{FeedbackOutbox + 1, 9, 9},
	} {
		if err := l.ix.db.Set(outboxKey(nil, k.prefix, k.seq, k.index), fmt.Appendf(nil, "%d.%d", k.seq, k.index), pebble.NoSync); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		prefix     byte
		seq, index uint64
		limit      int
		want       string
	}{
		{FeedbackOutbox, 0, 0, 9, "2.0 2.1 2.300 3.7 256.0 "},
		{FeedbackOutbox, 0, 0, 2, "2.0 2.1 "},
		{FeedbackOutbox, 2, 0, 9, "2.1 2.300 3.7 256.0 "},
		{FeedbackOutbox, 2, 1, 2, "2.300 3.7 "},
		{FeedbackOutbox, 256, 0, 9, ""},
		{EventOutbox, 0, 0, 9, "1.5 4.0 "},
		{EventOutbox, 1, 5, 9, "4.0 "},
	} {
		all, err := l.ix.Outbox(tt.prefix, tt.seq, tt.index, tt.limit)
		got := ""
		for _, row := range all {
			got += string(row.Body) + " "
			if string(row.Body) != fmt.Sprintf("%d.%d", row.Seq, row.Index) {
				t.Errorf("row %s: got place %d.%d", row.Body, row.Seq, row.Index)
			}
		}
		if err != nil || got != tt.want {
			t.Errorf("%d of %c behind %d.%d: got %s, %v, want %s", tt.limit, tt.prefix, tt.seq, tt.index, got, err, tt.want)
		}
	}
	if n, err := l.ix.OutboxRows(); n != 5 || err != nil {
		t.Errorf("rows: got %d, %v, want 5", n, err)
	}
}

// A record of kind fed removes its feedback from the outbox. A record of kind published removes
// all events up to its place.
func TestRowsLeave(t *testing.T) {
	l, p := newLogbook(t), testPlace(t)
	other := p
	other.Number, other.Ordinal = 7, 6
	l.write(journaltest.AcceptedAt(p, "id1"), journaltest.AcceptedAt(other, "id2"))
	l.write(readAt(p, message.StatusRead, 2000), readAt(other, message.StatusRead, 2001))
	l.rows = nil
	l.write(journal.Record{Kind: journal.KindFed, Seq: 2, Index: 0})
	if fb := l.feedback(); len(fb) != 1 || fb[0].Number != 7 || fmt.Sprint(l.rows) != "[[0 1]]" {
		t.Errorf("feedback: got %+v, rows %v, want the second left", fb, l.rows)
	}
	l.write(journal.Record{Kind: journal.KindPublished, Seq: 1, Index: 0})
	if got, want := l.changes(), []message.Change{"sent", "read", "read"}; !slices.Equal(got, want) {
		t.Errorf("events behind the first: got %v, want %v", got, want)
	}
	l.rows = nil
	if got := l.write(journal.Record{Kind: journal.KindPublished, Seq: 2, Index: 0}); !slices.Equal(got, []Outcome{Noted}) || l.rows != nil {
		t.Errorf("published: got %v, rows %v, want it noted", got, l.rows)
	}
	if got, want := l.changes(), []message.Change{"read"}; !slices.Equal(got, want) {
		t.Errorf("events behind the third: got %v, want %v", got, want)
	}
}
