package index

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/cockroachdb/pebble"
	"github.com/cockroachdb/pebble/vfs"

	"readback/internal/seed"
	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/relaytest"
)

// An index that stages rows, writes them now and then, and crashes at any time, comes to the same rows as one
// that does none of this. It also knows new message_ids from others, and has a row less for their owners.
func TestStagedRowsSurvive(t *testing.T) {
	r := seed.Rand(t)
	for range 4 {
		h := newStagedHistory(t, r)
		h.crashing.staged.limit = 1 + r.IntN(60)
		for range 40 {
			h.write()
			h.disturb()
		}
		h.restart()
		h.compare()
		h.erase()
		h.compare()
	}
}

// A crash takes what is staged of the batches 4 to 9, and the log has lost batches that had it. Then the recent
// batches complete the index. Without them the conversations skip as many numbers as these batches may have had.
func TestStagedRowsAreLost(t *testing.T) {
	for _, tt := range []struct {
		name    string
		batches int // that the log had
		gone    []uint64
		recent  bool // batches are there
		lines   int  // of level ERROR
		skip    uint64
		last    uint64 // serial
	}{
		{"nothing is gone", 9, nil, false, 0, 0, 9},
		{"some in the middle", 9, []uint64{5, 6}, false, 2, 2 + journal.Window, 9},
		{"some in the middle, and recent batches have them", 9, []uint64{5, 6}, true, 1, 0, 9},
		{"the first that were staged", 9, []uint64{4}, false, 2, 1 + journal.Window, 9},
		{"the end", 9, []uint64{8, 9}, false, 2, 2 + journal.Window, 9},
		{"all, and recent batches have them", 9, []uint64{4, 5, 6, 7, 8, 9}, true, 1, 0, 9},
		{"the end, and there is one more", 10, []uint64{8, 9}, false, 2, 2 + journal.Window, 10},
		{"the end, and there were more", 11, []uint64{8, 9, 10, 11}, false, 3, 2 + 2*journal.Window, 11},
	} {
		t.Run(tt.name, func(t *testing.T) {
			mem, batches := vfs.NewMem(), ledgerOf(t, 77, tt.batches)
			l := begin(t, mem, logOf(1, batches[:3]...), 0)
			l.apply(t, 4, batches[3:9]...)
			if err := l.db.Flush(); err != nil { // without what is staged
				t.Fatal(err)
			}
			if !tt.recent {
				l.recent.stop(true)
			}
			if err := l.Discard(); err != nil {
				t.Fatal(err)
			}
			l = begin(t, mem, logOf(1, batches...).without(tt.gone...), tt.lines)
			skips, err := l.Skips()
			if err != nil {
				t.Fatal(err)
			}
			if skipped := skips.Of(0); skipped != tt.skip {
				t.Errorf("skipped %d numbers, want %d", skipped, tt.skip)
			}
			if l.at.Serial != tt.last {
				t.Errorf("got to %d, want %d", l.at.Serial, tt.last)
			}
		})
	}
}

// A batch that fails half way leaves nothing in the store. The index is opened again, and its other rows are
// staged again.
func TestSpoiled(t *testing.T) {
	mem, batches := vfs.NewMem(), ledgerOf(t, 77, 5)
	l := begin(t, mem, logOf(1, batches[:2]...), 0)
	l.apply(t, 3, batches[2:4]...)
	damaged, good := placeOf(t, 9), placeOf(t, 10)
	damaged.Conv = relaytest.Conversation(t, "10690001", "447700900199")
	err := firstError(l.writeStaged(), l.db.Set(entryKey(nil, &damaged), []byte{1, 2}, pebble.NoSync))
	if err != nil {
		t.Fatal(err)
	}
	b := journal.AppendHeader(nil, journal.Header{Epoch: 1, Instance: 77, Serial: 5, Messages: 3})
	accepted, read := journaltest.AcceptedAt(good, "id"), readAt(damaged, 1, 2000)
	b = journal.Seal(journal.Append(journal.Append(b, &accepted), &read))
	if _, err := l.a.Apply(5, b, true); err == nil {
		t.Fatal("got no error")
	}
	if l.Err() == nil {
		t.Error("the index goes on as if nothing had been staged of the batch")
	}
	if err := l.writeStaged(); err == nil {
		t.Error("a part of the batch was written")
	}
	if value, err := l.get(entryKey(nil, &good)); value != nil || err != nil {
		t.Errorf("got %q, %v in the store, want nothing", value, err)
	}
	if err := l.Restart(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.a.Replay(t.Context(), logOf(1, batches...), slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	l.at = l.a.Position()
	l.wantMessages(t, 5)
	if f, err := l.FindNumber(&good.Conv, good.Number, relaytest.Any); f != nil || err != nil {
		t.Errorf("got %+v, %v, want nothing of the batch", f, err)
	}
}

// What is staged when the directory of the index is removed is taken over into the next store.
func TestStagedRowsMove(t *testing.T) {
	var lines relaytest.LogLines
	dir, logger := filepath.Join(t.TempDir(), "index"), lines.Logger()
	ix, err := Open(dir, logger)
	if err != nil {
		t.Fatal(err)
	}
	batches := ledgerOf(t, 77, 5)
	a := &Applier{Index: ix}
	if _, err := a.Replay(t.Context(), logOf(1), logger); err != nil {
		t.Fatal(err)
	}
	if _, err := ix.get(keyMeta); err != nil { // a table that is open can be read when it is removed
		t.Fatal(err)
	}
	for i, b := range batches {
		if _, err := a.Apply(uint64(i+1), b, true); err != nil {
			t.Fatal(err)
		}
		switch i {
		case 1:
			err = ix.writeStaged()
		case 3: // the rows up to here are being written
			_, err = ix.staged.take(ix.staged.writing)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	at, err := a.Replay(t.Context(), logOf(2), logger) // the log is gone, too
	if err != nil {
		t.Fatal(err)
	}
	l := &life{Index: ix, a: a, at: at}
	l.wantMessages(t, 5)
	if o, err := ix.OwnerOf("bank", []byte("id"), 20780, 9); o == nil || err != nil || o.Place.Number != 5 {
		t.Errorf("owner: got %+v, %v, want the last message", o, err)
	}
	if skips, err := ix.Skips(); len(skips) > 0 || err != nil || lines.Count("complete itself") > 0 {
		t.Errorf("got skips %+v, %v, and lines %q, want that nothing is lost", skips, err, lines.All)
	}
	if err := ix.Close(); err != nil {
		t.Error(err)
	}
}
