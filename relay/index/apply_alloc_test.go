package index

import (
	"log/slog"
	"testing"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// An accepted message is applied to the index without allocation on the heap if its account has
// no events.
func TestApplyAllocates(t *testing.T) {
	ix, err := Open(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ix.Close() }()
	c := relaytest.Conversation(t, "10690001", "447700900123")
	a := &Applier{Index: ix, Events: func([]byte) bool { return false }}
	a.at.Cycle = Cycle{First: 1, Last: 65535, Since: 1}
	a.b = ix.db.NewBatchWithSize(1 << 20)
	rec := journal.Record{
		Place: journal.Place{Conv: c, Day: 20780, Number: 5, Ordinal: 4}, Bound: 5, At: 20780 * 86_400_000, Account: []byte("bank"),
		MessageID: []byte("4A7F01C\x80"), From: message.Address{Addr: c.Sender}, To: message.Address{Addr: c.Receiver},
	}
	n := testing.AllocsPerRun(100, func() {
		rec.MessageID[7]++ // the ids are new
		if err := a.accepted(&rec); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("got %v allocations, want none", n)
	}
	if err := a.b.Close(); err != nil {
		t.Fatal(err)
	}
}
