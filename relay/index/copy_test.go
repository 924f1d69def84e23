package index

import (
	"testing"

	"github.com/cockroachdb/pebble/vfs"

	"readback/relay/journal"
)

// restoredBatch is what begins a log behind a backup.
func restoredBatch(serial, skip uint64) []byte {
	b := journal.AppendHeader(nil, journal.Header{Epoch: 2, Instance: 99, Serial: serial, Messages: 9})
	b = journal.AppendStart(b, &journal.Record{First: 1, Last: 257, At: 2000})
	return journal.Seal(journal.AppendSkip(b, skip, 2000))
}

// A checkpoint has what the index had when it was made, and no more.
func TestCheckpoint(t *testing.T) {
	fs, all := vfs.NewMem(), ledgerOf(t, 77, 10)
	l := begin(t, fs, logOf(1, all[:4]...), 0)
	l.apply(t, 5, all[4:6]...)
	if err := l.Checkpoint("copy"); err != nil {
		t.Fatal(err)
	}
	l.apply(t, 7, all[6:]...)
	if err := l.Checkpoint("copy"); err == nil {
		t.Error("a second copy was made in the place of the first")
	}
	ix := NewIn(fs, "copy", l.log)
	if err := ix.Open(); err != nil {
		t.Fatal(err)
	}
	c := life{Index: ix}
	var err error
	if c.at, err = ix.Position(); err != nil {
		t.Fatal(err)
	}
	c.wantMessages(t, 6, 7, 8, 9, 10)
	if instance, err := ix.InstanceOf(1); instance != 77 || err != nil {
		t.Errorf("instance: got %d, %v, want that of the log", instance, err)
	}
	if err := ix.Close(); err != nil {
		t.Fatal(err)
	}
}

// What follows a backup in the log has serials far beyond it. Nothing counts as lost in between, and as many
// numbers are skipped as the batch says.
func TestLogBehindBackup(t *testing.T) {
	all := ledgerOf(t, 77, 10)
	for _, tt := range []struct {
		name  string
		batch []byte
		lost  int
		skip  uint64 // of a conversation that had a number before
	}{
		{"restored", restoredBatch(1<<32+10, 128), 0, 128 + journal.Window},
		{"restored, and nothing was lost", restoredBatch(1<<32+10, 0), 0, journal.Window},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := begin(t, vfs.NewMem(), logOf(1, append(all[:10:10], tt.batch)...), 0)
			if len(l.lost) != tt.lost || l.at.Serial != 1<<32+10 || l.at.Missing != 0 {
				t.Errorf("got %+v lost, at %+v, want %d", l.lost, l.at, tt.lost)
			}
			skips, err := l.Skips()
			if got := skips.Of(1); err != nil || got != tt.skip {
				t.Errorf("skip: got %d, %v, want %d", got, err, tt.skip)
			}
			if got := skips.Skipped(); got != tt.skip-journal.Window {
				t.Errorf("skipped by all: got %d, want %d", got, tt.skip-journal.Window)
			}
			if err := l.DropSkip(2); err != nil {
				t.Fatal(err)
			}
			if skips, err = l.Skips(); err != nil || skips.Of(1) != journal.Window {
				t.Errorf("after DropSkip: got %+v, %v, want that of the epoch before only", skips, err)
			}
		})
	}
}

// A restored index takes over what the store of the same ledger knows that it replaces.
func TestTakeOver(t *testing.T) {
	fs, all := vfs.NewMem(), ledgerOf(t, 77, 10)
	l := begin(t, fs, logOf(1, all[:4]...), 0)
	if err := l.Checkpoint("copy"); err != nil {
		t.Fatal(err)
	}
	l.apply(t, 5, all[4:]...)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	r := beginIn(t, fs, "copy", logOf(2, all[:4]...))
	if err := r.a.TakeOver("index", r.log); err != nil {
		t.Fatal(err)
	}
	r.at = r.a.Position()
	r.wantMessages(t, 10)
}

// Where another ledger has assigned numbers, no number stands for a message from before, and the next number
// is behind the last one that the other ledger assigned.
func TestOutnumber(t *testing.T) {
	fs := vfs.NewMem()
	other := begin(t, fs, logOf(1, ledgerOf(t, 78, 5)...), 0)
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	r := beginIn(t, fs, "copy", logOf(2, ledgerOf(t, 77, 10)...))
	n, err := r.a.Outnumber("index", 257, r.log)
	if n != 1 || err != nil {
		t.Fatalf("got %d conversations, %v, want one", n, err)
	}
	c := testPlace(t).Conv
	const last, first = 11, 6 // the next ordinals of the ledger and of the other one
	if _, next, err := r.Head(&c); err != nil || next < last+257 || next >= last+2*257 || next%257 != first {
		t.Errorf("next ordinal: got %d, %v, want a cycle or more behind %d, and the number of %d", next, err, last, first)
	}
}

// beginIn is begin of an index in another directory.
func beginIn(t *testing.T, fs vfs.FS, dir string, log journal.Log) *life {
	t.Helper()
	l := &life{}
	l.Index = NewIn(fs, dir, l.lines.Logger())
	if err := l.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Discard() })
	l.a = &Applier{Index: l.Index}
	var err error
	if l.at, err = l.a.Replay(t.Context(), log, l.log); err != nil {
		t.Fatal(err)
	}
	return l
}
