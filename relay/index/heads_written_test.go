package index

import (
	"testing"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/relaytest"
)

// A conversation that comes when the filter of conversations is full is still known when its head has been
// written to the store.
func TestWrittenHeadIsKnown(t *testing.T) {
	l := newLogbook(t)
	l.ix.FillHeads(t.Context())
	for i, receiver := range []string{"447700900101", "447700900102"} {
		c := relaytest.Conversation(t, "10690001", receiver)
		l.write(journaltest.AcceptedAt(journal.Place{Conv: c, Day: 20780, Number: 1, Ordinal: 7}, receiver))
		if err := l.ix.writeStaged(); err != nil {
			t.Fatal(err)
		}
		if _, next, err := l.ix.Head(&c); err != nil || next != 8 {
			t.Errorf("conversation %d: got %d, %v, want that 8 is next", i, next, err)
		}
	}
}
