package index

import (
	"errors"
	"fmt"
	"testing"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// EntriesTo returns the entries of a receiver, staged or in the store, and not those of others.
func TestEntriesTo(t *testing.T) {
	l := newLogbook(t)
	c, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690002", "447700900123")
	put := func(c message.Conversation, day, number uint16, id string) {
		l.write(journaltest.AcceptedAt(journal.Place{Conv: c, Day: day, Number: number, Ordinal: uint64(day)}, id))
	}
	put(c, 20780, 5, "a")
	put(other, 20780, 5, "b")
	put(c, 20781, 5, "old")
	if err := l.ix.writeStaged(); err != nil {
		t.Fatal(err)
	}
	put(c, 20781, 5, "c") // in place of the one in the store
	put(c, 20781, 6, "d")
	put(relaytest.Conversation(t, "10690001", "447700900122"), 20781, 5, "x")
	put(relaytest.Conversation(t, "10690001", "4477009001234"), 20781, 5, "x")
	for _, tt := range []struct {
		sender message.Addr
		limit  int
		want   string
	}{
		{message.Addr{}, 100, "[c d a b] false"},
		{message.Addr{}, 4, "[c d a b] false"},
		{message.Addr{}, 3, "[c d a] true"},
		{message.Addr{}, 2, "[c d] true"},
		{message.Addr{}, 1, "[c] true"},
		{c.Sender, 100, "[c d a] false"},
		{other.Sender, 100, "[b] false"},
		{other.Receiver, 100, "[] false"},
	} {
		all, more, err := l.ix.EntriesTo(&c.Receiver, &tt.sender, tt.limit)
		ids := []string{}
		for _, f := range all {
			ids = append(ids, string(f.Entry.Parts[0].ID))
		}
		if got := fmt.Sprint(ids, more); got != tt.want || err != nil {
			t.Errorf("from %q, %d: got %s, %v; want %s", tt.sender, tt.limit, got, err, tt.want)
		}
	}
	_ = l.ix.Close()
	if _, _, err := l.ix.EntriesTo(&c.Receiver, &c.Sender, 1); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: got %v, want %v", err, ErrClosed)
	}
}
