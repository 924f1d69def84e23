package index

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/cockroachdb/pebble/vfs"
)

// failingLog calls given with each batch that it gives.
type failingLog struct {
	*scriptedLog
	given func(seq uint64) error
}

func (l failingLog) Replay(ctx context.Context, from uint64, f func(seq uint64, batch []byte) error) error {
	return l.scriptedLog.Replay(ctx, from, func(seq uint64, batch []byte) error {
		return errors.Join(l.given(seq), f(seq, batch))
	})
}

// Tables are merged again when the log has been read, also when that has failed.
func TestTablesWaitForReplay(t *testing.T) {
	broken := errors.New("broken")
	for _, want := range []error{nil, broken} {
		ix := NewIn(vfs.NewMem(), "index", slog.New(slog.DiscardHandler))
		if err := ix.Open(); err != nil {
			t.Fatal(err)
		}
		log := failingLog{logOf(1, ledgerOf(t, 77, 5)...), func(seq uint64) error {
			if got := ix.compactions(); got >= 0 {
				t.Errorf("batch %d: got %d compactions, want none", seq, got)
			}
			if seq == 3 {
				return want
			}
			return nil
		}}
		a := &Applier{Index: ix, Events: func([]byte) bool { return false }}
		if _, err := a.Replay(t.Context(), log, slog.New(slog.DiscardHandler)); !errors.Is(err, want) {
			t.Fatalf("got %v, want %v", err, want)
		}
		if got := ix.compactions(); got != 1 {
			t.Errorf("behind it, error %v: got %d compactions, want 1", want, got)
		}
		if err := ix.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// While a log is read, tables are merged when very many wait.
func TestNotTooManyTablesWait(t *testing.T) {
	l := begin(t, vfs.NewMem(), logOf(1), 0)
	l.held.most = 3
	end := l.held.hold()
	for round := range 3 {
		if got := l.compactions(); got >= 0 {
			t.Errorf("%d tables: got %d compactions, want none", round, got)
		}
		for _, key := range [][]byte{{prefixHead, 1}, {prefixHead, 9}} { // each table is above the one before
			l.staged.put(key, 0, []byte{byte(round)})
		}
		l.staged.applied(Position{Serial: uint64(100 + round)})
		if err := errors.Join(l.writeStaged(), l.db.Flush(), l.writeStaged()); err != nil {
			t.Fatal(err)
		}
	}
	if got := l.compactions(); got != 1 {
		t.Errorf("3 tables: got %d compactions, want 1", got)
	}
	end()
	if l.held.look(l.db); l.compactions() != 1 {
		t.Errorf("the log has been read: got %d compactions, want 1", l.compactions())
	}
}
