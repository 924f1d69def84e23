package ledger

import (
	"testing"

	"readback/relay/relaytest"
)

// What is in memory of a conversation is recorded if the index has lost it.
func TestRecordHeads(t *testing.T) {
	l := runLedger(t)
	known, lost := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690001", "447700900124")
	l.submit(known, "id")
	heads := append(l.knownHeads(), knownHead{lost, 70})
	if err := l.stop(); err != nil {
		t.Fatal(err)
	}
	if len(heads) != 2 || heads[0] != (knownHead{known, 1}) {
		t.Fatalf("in memory: got %+v", heads)
	}
	a := testAppender(t)
	p := a.ledger
	p.appender = a
	if err := p.recordHeads(relaytest.Deadline(t), heads); err != nil {
		t.Fatal(err)
	}
	for _, h := range heads {
		if _, next, err := p.index.Head(&h.conv); next != h.next || err != nil {
			t.Errorf("got %d, %v, want %d", next, err, h.next)
		}
	}
	before := a.journal.Last()
	if err := p.recordHeads(relaytest.Deadline(t), heads); err != nil || a.journal.Last() != before {
		t.Errorf("known: got %v, and %d batches more", err, a.journal.Last()-before)
	}
}
