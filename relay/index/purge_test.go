package index

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/cockroachdb/pebble"

	"readback/relay/journal"
	"readback/relay/relaytest"
)

const erased, kept = "447700900123", "447700900124"

// After Purge no file of the index has the number of a receiver that was erased: not in rows of any kind or day,
// in deletions, in what was flushed or compacted before, in recent batches or in the manifest.
func TestPurge(t *testing.T) {
	for name, shape := range map[string]func(l *logbook, round int){
		"all in memory": func(*logbook, int) {},
		"many files": func(l *logbook, _ int) {
			if err := l.ix.Flush(); err != nil {
				l.t.Fatal(err)
			}
		},
		"all levels": func(l *logbook, round int) {
			if err := l.ix.Flush(); err != nil {
				l.t.Fatal(err)
			}
			if round == 4 {
				if err := l.ix.db.Compact([]byte{0}, []byte{0xFF}, false); err != nil {
					l.t.Fatal(err)
				}
			}
		},
		"expired meanwhile": func(l *logbook, round int) {
			if err := l.ix.Flush(); err != nil {
				l.t.Fatal(err)
			}
			if round == 8 {
				if err := l.ix.Expire(20782); err != nil {
					l.t.Fatal(err)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLogbook(t)
			_ = l.ix.recent.rotate()
			for round := range 9 {
				l.talk(20780+uint16(round%4), round)
				shape(l, round)
			}
			others := rowsOf(t, l.ix, kept)
			c := relaytest.Conversation(t, "10690001", erased)
			l.write(journal.Record{Kind: journal.KindErase, Place: journal.Place{Conv: c}, At: 4})
			if err := l.ix.Purge(t.Context()); err != nil {
				t.Fatal(err)
			}
			if names := l.filesWith(erased); len(names) > 0 {
				t.Errorf("got %q with the number", names)
			}
			got := rowsOf(t, l.ix, kept)
			if len(others) == 0 || len(got) != len(others) {
				t.Errorf("others: got %d rows, want %d", len(got), len(others))
			}
			for key, value := range others {
				if got[key] != value {
					t.Errorf("others: row %q: got %q, want %q", key, got[key], value)
				}
			}
			if names := l.filesWith(kept); len(names) == 0 {
				t.Error("others: got no file with a number; the test cannot see it")
			}
			if value, err := l.ix.get(keyUnpurged); value != nil || err != nil {
				t.Errorf("got %q, %v, want it noted as purged", value, err)
			}
		})
	}
}

// A purge that was interrupted is made up for by the next one, also by another process, and an erasure that is
// repeated without any row.
func TestPurgeAfterInterruption(t *testing.T) {
	l := newLogbook(t)
	l.ix.purge.paused.Store(true) // what Pebble compacts by itself is no subject here
	l.talk(20780, 0)
	if err := l.ix.Flush(); err != nil {
		t.Fatal(err)
	}
	c := relaytest.Conversation(t, "10690001", erased)
	l.write(journal.Record{Kind: journal.KindErase, Place: journal.Place{Conv: c}, At: 4})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 {
		if err := l.ix.Purge(ctx); !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v, want that it was interrupted", err)
		}
	}
	l.ix.purge.wait()
	if names := l.filesWith(erased); len(names) == 0 {
		t.Error("interrupted: got no file with the number")
	}
	l.ix.purge.paused.Store(false)
	l.ix.purge.take() // as another process, which knows of none
	if err := errors.Join(l.ix.Close(), l.ix.Open(), l.ix.Purge(t.Context())); err != nil {
		t.Fatal(err)
	}
	if names := l.filesWith(erased); len(names) > 0 {
		t.Errorf("got %q with the number", names)
	}
	l.write(journal.Record{Kind: journal.KindErase, Place: journal.Place{Conv: c}, At: 5})
	if err := l.ix.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if names := l.filesWith(erased); len(names) > 0 {
		t.Errorf("again: got %q with the number", names)
	}
}

// A deletion in a file that overlaps with no other is purged: Pebble moves such a file to the last level as it is.
func TestPurgeDeletionAlone(t *testing.T) {
	l := newLogbook(t)
	c := relaytest.Conversation(t, "10690001", erased)
	if err := l.ix.db.Delete(headKey(nil, &c), pebble.NoSync); err != nil {
		t.Fatal(err)
	}
	l.ix.purge.noteAll()
	if err := l.ix.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if names := l.filesWith(erased); len(names) > 0 {
		t.Errorf("got %q with the number", names)
	}
}

// On a full disk a purge ends with its context, and the next one, when there is room again, completes it.
func TestPurgeFullDisk(t *testing.T) {
	l := newLogbook(t)
	l.talk(20780, 0)
	l.write(journal.Record{Kind: journal.KindErase, Place: journal.Place{Conv: relaytest.Conversation(t, "10690001", erased)}, At: 4})
	disk := &fullDisk{FS: l.ix.guard.FS, prefix: "0"}
	l.ix.guard.FS = disk
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := l.ix.Purge(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v, want that it did not end in time", err)
	}
	disk.roomy.Store(true)
	if err := l.ix.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if names := l.filesWith(erased); len(names) > 0 {
		t.Errorf("got %q with the number", names)
	}
}
