package index

import (
	"testing"

	"readback/relay/journal"
)

// A row of a batch that the log has lost waits, unless a later record says that it was published.
func TestUnseen(t *testing.T) {
	var u unseen
	u.fed(&journal.Record{Seq: 12}) // nothing is unseen yet
	u.add(1, 4)
	u.add(10, 12)
	u.fed(&journal.Record{Seq: 3, Index: 2})
	u.fed(&journal.Record{Seq: 7})
	u.published(&journal.Record{Seq: 11, Index: 5})
	for _, tt := range []struct {
		outbox        byte
		serial, index uint64
		want          bool
	}{
		{FeedbackOutbox, 1, 0, true},
		{FeedbackOutbox, 3, 1, true},
		{FeedbackOutbox, 3, 2, false},
		{FeedbackOutbox, 4, 0, true},
		{FeedbackOutbox, 5, 0, false},
		{FeedbackOutbox, 7, 0, false},
		{FeedbackOutbox, 12, 0, true},
		{FeedbackOutbox, 13, 0, false},
		{EventOutbox, 4, 0, false},
		{EventOutbox, 11, 5, false},
		{EventOutbox, 11, 6, true},
		{EventOutbox, 12, 0, true},
	} {
		if got := u.waits(tt.outbox, tt.serial, tt.index); got != tt.want {
			t.Errorf("%c %d.%d: got %v, want %v", tt.outbox, tt.serial, tt.index, got, tt.want)
		}
	}
}
