package index

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// MayOwn says of most ids that no message owns them, once FillIDs has gone through the store, and never of
// one that a message owns.
func TestMayOwn(t *testing.T) {
	l := newLogbook(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	id := func(i int) string { return fmt.Sprint("id", i) }
	if l.ix.MayOwn([]byte("id1")) {
		t.Error("of an empty store: got that somebody may own it")
	}
	for i := range 100 {
		day := 20780 + uint16(i%3)
		l.write(acceptedOn(day, journal.Place{Conv: c, Day: day, Number: uint16(i), Ordinal: uint64(i)}, id(i)))
	}
	check := func(what string, ix *Index, from, to int, full bool) {
		t.Helper()
		owned := 0
		for i := range 1000 {
			may := ix.MayOwn([]byte(id(i)))
			if i >= from && i < to && !may {
				t.Errorf("%s, %s: got that nobody owns it", what, id(i))
			}
			if may {
				owned++
			}
		}
		if want := to - from; full && (owned > want+5 || ix.MayOwn([]byte("another"))) || !full && owned < 1000 {
			t.Errorf("%s: got %d that may be owned, want %d or all", what, owned, want)
		}
	}
	fill := func(ix *Index, rows, times int) {
		t.Helper()
		for range times {
			if err := ix.FillIDs(rows); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := l.ix.writeStaged(); err != nil {
		t.Fatal(err)
	}
	l.ix.ids = newIDFilter() // as after a start
	check("before the store is read", l.ix, 0, 100, false)
	fill(l.ix, 7, 14)
	check("before all of it is read", l.ix, 0, 100, false)
	fill(l.ix, 7, 2)
	check("after that", l.ix, 0, 100, true)
	l.write(acceptedOn(20782, journal.Place{Conv: c, Day: 20782, Number: 100, Ordinal: 100}, id(100)))
	check("one more", l.ix, 0, 101, true)

	for _, day := range []uint16{20780, 20780, 20783} {
		if err := l.ix.Expire(day); err != nil {
			t.Fatal(err)
		}
	}
	check("all have expired", l.ix, 0, 0, false)
	fill(l.ix, 1000, 1)
	check("all have expired, and that is known", l.ix, 0, 0, true)

	if again := New(t.TempDir(), slog.New(slog.DiscardHandler)); again.FillIDs(1) == nil {
		t.Error("a closed index: got no error")
	}
}

// MayOwn knows the owners that are staged when the filter is filled, also those that are being written.
func TestMayOwnStaged(t *testing.T) {
	l := newLogbook(t)
	for i, id := range []string{"full", "open"} {
		p := testPlace(t)
		p.Number = uint16(i)
		l.write(acceptedOn(p.Day, p, id))
		if i == 0 {
			if _, err := l.ix.staged.take(l.ix.staged.writing); err != nil {
				t.Fatal(err)
			}
		}
	}
	l.ix.ids.refill(true)
	if err := l.ix.FillIDs(1000); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]bool{"full": true, "open": true, "other": false} {
		if got := l.ix.MayOwn([]byte(id)); got != want {
			t.Errorf("%s: got %v, want %v", id, got, want)
		}
	}
}

// Expire does not keep the index while it waits for the filter, which is filled from the index: whoever waits to
// have the index alone would let neither go on.
func TestExpireWaitsForFilter(t *testing.T) {
	ix := openWith(t, t.TempDir())
	ix.ids.mu.Lock() // it is being filled
	expired := make(chan error, 1)
	go func() { expired <- ix.Expire(10) }()
	deadline := time.Now().Add(10 * time.Second)
	for got := "bank"; got != ""; {
		var err error
		if got, err = ix.Route([]byte("a"), 9, 1); err != nil || time.Now().After(deadline) {
			t.Fatalf("got %q, %v, want that it expires", got, err)
		}
	}
	for !ix.mu.TryLock() {
		if time.Now().After(deadline) {
			t.Fatal("index is kept while Expire waits")
		}
		runtime.Gosched()
	}
	ix.mu.Unlock()
	ix.ids.mu.Unlock()
	if err := errors.Join(<-expired, ix.Close()); err != nil {
		t.Error(err)
	}
}

// A conversation without a head is known to have none, once FillHeads has gone through the store. Each head is
// found, also of a conversation that was erased, or that has one since.
func TestUnknownConversations(t *testing.T) {
	l := newLogbook(t)
	conversation := func(i int) message.Conversation {
		return relaytest.Conversation(t, "10690001", fmt.Sprint("4477009", 10000+i))
	}
	send := func(i int) {
		c := conversation(i)
		l.write(journaltest.AcceptedAt(journal.Place{Conv: c, Day: 20780, Number: 1, Ordinal: 7}, fmt.Sprint("id", i)))
	}
	check := func(what string, ix *Index, known int) {
		t.Helper()
		looked := 0
		for i := range 1000 {
			c := conversation(i)
			if ix.heads.mayHave(headKey(nil, &c)) {
				looked++
			}
			if _, next, err := ix.Head(&c); err != nil || (next == 8) != (i < known) {
				t.Errorf("%s: conversation %d: got %d, %v", what, i, next, err)
			}
		}
		if looked > known+5 {
			t.Errorf("%s: looked for %d, want %d", what, looked, known)
		}
	}
	for i := range 100 {
		send(i)
	}
	l.ix.FillHeads(t.Context())
	check("staged", l.ix, 100)
	if err := l.ix.writeStaged(); err != nil {
		t.Fatal(err)
	}
	check("written", l.ix, 100)
	c := conversation(5)
	one := journaltest.AcceptedAt(journal.Place{Conv: conversation(100), Day: 20780, Number: 1, Ordinal: 7}, "id100")
	l.write(one, journal.Record{Kind: journal.KindErase, Place: journal.Place{Conv: c}, At: 4})
	check("erased", l.ix, 101)
	if err := l.ix.writeStaged(); err != nil {
		t.Fatal(err)
	}
	check("written again", l.ix, 101)
	if err := l.ix.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(l.ix.dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = again.Close() }()
	again.FillHeads(t.Context())
	check("opened again", again, 101)
}

// The heads of a damaged store are found in the one that takes them over, though that was known to have none.
func TestHeadsTakenOver(t *testing.T) {
	log := logOf(1, ledgerOf(t, 77, 10)...)
	mem, old := damagedIn(t, log)
	ix := NewIn(mem, "index", slog.New(slog.DiscardHandler))
	if err := ix.Open(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ix.Discard() }()
	ix.FillHeads(t.Context())
	if _, err := (&Applier{Index: ix}).Replay(t.Context(), log, ix.log); err != nil {
		t.Fatal(err)
	}
	if _, next, err := ix.Head(&old.Conv); next != 900 || err != nil {
		t.Errorf("got %d, %v, want 900", next, err)
	}
}

// FillHeads ends with its context, also when the index is closed.
func TestFillHeadsEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		New(t.TempDir(), slog.New(slog.DiscardHandler)).FillHeads(ctx)
		if ctx.Err() == nil {
			t.Error("it ended although nothing was read")
		}
	})
}
