package relay

import (
	"errors"
	"log/slog"
	"testing"

	"readback/relay/index"
	"readback/relay/journal"
)

// A ledger that cannot begin appends nothing: each try would skip numbers else.
func TestBeginAppendsNothingInVain(t *testing.T) {
	ix, err := index.Open(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ix.Close() }()
	broken := errors.New("index cannot be read")
	opt, log := ledgerOptionsOfTest(), new(journal.Memory)
	opt.Followed = func() error { return broken }
	l := newLedger(opt, ix, newStatus())
	if err := l.begin(t.Context(), log.Open()); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
	if got := log.Open().Info(); !got.Empty {
		t.Errorf("log: got %+v, want it empty", got)
	}
	broken = nil
	if err := l.begin(t.Context(), log.Open()); err != nil || l.epoch != 1 {
		t.Errorf("then: got %v, epoch %d, want epoch 1", err, l.epoch)
	}
}
