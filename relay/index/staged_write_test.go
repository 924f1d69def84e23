package index

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble"
	"github.com/cockroachdb/pebble/vfs"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
)

// storeIn opens a store in a file system.
func storeIn(t *testing.T, fs vfs.FS, readOnly bool) *pebble.DB {
	t.Helper()
	quiet := newGuard(fs, slog.New(slog.DiscardHandler), func(error) {})
	db, err := pebble.Open("store", &pebble.Options{FS: fs, Logger: quiet, DisableWAL: true, ReadOnly: readOnly})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// failingStore returns a store that takes no rows.
func failingStore(t *testing.T) *pebble.DB {
	t.Helper()
	mem := vfs.NewMem()
	if err := storeIn(t, mem, false).Close(); err != nil {
		t.Fatal(err)
	}
	db := storeIn(t, mem, true)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func newStagedIn(t *testing.T) (*staged, *pebble.DB) {
	t.Helper()
	db := storeIn(t, vfs.NewMem(), false)
	t.Cleanup(func() { _ = db.Close() })
	return newStaged(newKeyFilter(1<<10, prefixHead)), db
}

// Rows that could not be written are found, behind newer ones, and are written at the next time, before these.
func TestStagedRowsAreWrittenLater(t *testing.T) {
	s, db := newStagedIn(t)
	s.put([]byte("ea1"), 2, []byte("old"))
	s.put([]byte("ea2"), 2, []byte("same"))
	s.applied(Position{Serial: 1})
	if err := s.writeTo(failingStore(t)); err == nil {
		t.Fatal("got no error")
	}
	s.put([]byte("ea1"), 2, []byte("new"))
	s.put([]byte("ea3"), 2, []byte("more"))
	s.put([]byte("eb1"), 2, []byte("other"))
	s.applied(Position{Serial: 2})
	want := map[string]string{"ea1": "new", "ea2": "same", "ea3": "more", "eb1": "other"}
	for key, value := range want {
		if got := s.get([]byte(key)); string(got) != value {
			t.Errorf("%s: got %q, want %q", key, got, value)
		}
	}
	if got := fmt.Sprintf("%s", s.rows([]byte("ea"))); got != "map[ea1:new ea2:same ea3:more]" {
		t.Errorf("group: got %s", got)
	}
	keys := make(map[string]bool)
	s.keys('e', func(key []byte) { keys[string(key)] = true })
	if got := slices.Sorted(maps.Keys(keys)); !slices.Equal(got, slices.Sorted(maps.Keys(want))) {
		t.Errorf("keys: got %q", got)
	}
	s.keys('f', func(key []byte) { t.Errorf("keys of another kind: got %q", key) })
	if err := s.writeTo(db); err != nil {
		t.Fatal(err)
	}
	wantWritten(t, s, db, want)
	if at, err := stagedIn(db); at.Serial != 2 || err != nil {
		t.Errorf("got the rows up to batch %d, %v, want 2", at.Serial, err)
	}
}

// wantWritten wants rows in the store, and not staged.
func wantWritten(t *testing.T, s *staged, db *pebble.DB, want map[string]string) {
	t.Helper()
	for key, value := range want {
		if got, err := copyOf(db.Get([]byte(key))); string(got) != value || err != nil {
			t.Errorf("%s: got %q, %v in the store, want %q", key, got, err, value)
		}
		if got := s.get([]byte(key)); got != nil {
			t.Errorf("%s: got %q, want that it is not staged any more", key, got)
		}
	}
}

// A stage that was written takes rows again, and has none of those that it had.
func TestStagedRoomIsUsedAgain(t *testing.T) {
	s, db := newStagedIn(t)
	s.limit = 4
	first := s.open
	for round := range 4 {
		want := make(map[string]string)
		for i := range 3 {
			key := fmt.Sprint("ea", i)
			want[key] = fmt.Sprint("value ", round)
			s.put([]byte(key), 2, []byte(want[key]))
		}
		if used := s.open == first; used != (round%2 == 0) {
			t.Errorf("round %d: the first stage is used: %v", round, used)
		}
		s.applied(Position{Serial: uint64(round)})
		if err := s.writeTo(db); err != nil {
			t.Fatal(err)
		}
		wantWritten(t, s, db, want)
		if rows := s.rows([]byte("ea")); len(rows) > 0 {
			t.Errorf("round %d: got %q, want none staged", round, rows)
		}
	}
}

// The applier writes rows itself when nobody else comes to it.
func TestStagedRowsAreBounded(t *testing.T) {
	l := begin(t, vfs.NewMem(), logOf(1), 0)
	l.staged.limit = 10
	l.staged.busy.Store(true)
	for i, b := range ledgerOf(t, 77, 60) {
		l.apply(t, uint64(i+1), b)
		if rows := l.staged.open.Len(); rows >= 2*10 {
			t.Fatalf("got %d rows that are staged, want fewer than 20", rows)
		}
	}
}

// Rows are written beside the applier each time when there are many.
func TestStagedRowsAreWrittenBeside(t *testing.T) {
	l := begin(t, vfs.NewMem(), logOf(1), 0)
	l.staged.limit = 10
	batches := ledgerOf(t, 77, 60)
	for from := 0; from < 60; from += 15 {
		l.apply(t, uint64(from+1), batches[from:from+15]...)
		waitFor(t, func() bool { return !l.staged.busy.Load() })
		if at, err := stagedIn(l.db); at.Serial <= uint64(from) || err != nil {
			t.Errorf("got the rows up to batch %d, %v, want more than %d", at.Serial, err, from)
		}
	}
	l.at = l.a.Position()
	l.wantMessages(t, 60)
}

// waitFor waits until something is so.
func waitFor(t *testing.T, isSo func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !isSo(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("it takes too long")
		}
	}
}

// Rows of days that expire while they are staged do not come back.
func TestStagedRowsExpire(t *testing.T) {
	l, old, kept := newLogbook(t), testPlace(t), testPlace(t)
	kept.Day++
	l.write(acceptedOn(old.Day, old, "old"), acceptedOn(kept.Day, kept, "kept"))
	if err := l.ix.Expire(kept.Day); err != nil {
		t.Fatal(err)
	}
	days := make(map[string]int)
	for key := range indexRows(t, l.ix) {
		for _, p := range []journal.Place{old, kept} {
			for _, kind := range []byte{prefixEntry, prefixOwner, prefixOwnerTo} {
				if prefix := string(dayPrefix(nil, kind, p.Day)); len(key) > 3 && key[:3] == prefix {
					days[fmt.Sprint(p.Day-old.Day)]++
				}
			}
		}
	}
	if fmt.Sprint(days) != "map[1:2]" {
		t.Errorf("got so many rows by day: %v, want two of the day that is kept", days)
	}
}

// What comes while the store waits to be opened again for its manifest is in it then.
func TestStagedRowsStayWithManifest(t *testing.T) {
	l, before, meanwhile := newLogbook(t), testPlace(t), testPlace(t)
	meanwhile.Number++
	l.write(journaltest.AcceptedAt(before, "before"))
	l.ix.long.RLock() // so that it waits
	renewed := make(chan error, 1)
	go func() { renewed <- l.ix.renewManifest(t.Context()) }()
	waitFor(t, func() bool { return l.ix.staged.get(entryKey(nil, &before)) == nil })
	l.write(journaltest.AcceptedAt(meanwhile, "meanwhile"))
	l.ix.long.RUnlock()
	if err := <-renewed; err != nil {
		t.Fatal(err)
	}
	for _, p := range []journal.Place{before, meanwhile} {
		if l.entry(p) == nil {
			t.Errorf("number %d: got none", p.Number)
		}
	}
}

// One that writes to a store which was given up, and comes back when another is open, has nothing to do with the
// rows of that one. It keeps nobody from writing them.
func TestStagedRowsOfAStoreGivenUp(t *testing.T) {
	s, db := newStagedIn(t)
	s.put([]byte("ea1"), 2, []byte("old"))
	s.applied(Position{Serial: 1})
	stuck := s.writing
	stuck.Lock()
	defer stuck.Unlock()
	old, err := s.take(stuck)
	if old == nil || err != nil {
		t.Fatalf("got %v, %v, want a stage", old, err)
	}
	s.reset(Position{})
	s.put([]byte("ea2"), 2, []byte("new"))
	s.applied(Position{Serial: 1})
	if of, err := s.take(s.writing); of == nil || err != nil {
		t.Fatalf("got %v, %v, want the stage of the new store", of, err)
	}
	s.isWritten(old)
	if got := s.get([]byte("ea2")); string(got) != "new" {
		t.Errorf("got %q, want the row that is not written yet", got)
	}
	if of, err := s.take(stuck); !errors.Is(err, ErrClosed) {
		t.Errorf("the one that comes back: got %v, %v, want that its store is closed", of, err)
	}
	if err := s.writeTo(db); err != nil {
		t.Fatal(err)
	}
	if got, err := copyOf(db.Get([]byte("ea2"))); string(got) != "new" || err != nil {
		t.Errorf("got %q, %v in the store, want the row", got, err)
	}
}
