package index

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"time"

	"readback/relay/journal"
	"readback/relay/relaytest"
)

// MayOwn says of most ids that no message owns them, once FillIDs has gone through the store, and never of
// one that a message owns.
func TestMayOwn(t *testing.T) {
	l := newLogbook(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	id := func(i int) string { return fmt.Sprint("id", i) }
	if l.ix.MayOwn("bank", []byte("id1")) {
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
			may := ix.MayOwn("bank", []byte(id(i)))
			if i >= from && i < to && !may {
				t.Errorf("%s, %s: got that nobody owns it", what, id(i))
			}
			if may {
				owned++
			}
		}
		if want := to - from; full && (owned > want+5 || ix.MayOwn("shop", []byte("id1"))) || !full && owned < 1000 {
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
