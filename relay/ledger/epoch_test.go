package ledger

import (
	"errors"
	"log/slog"
	"testing"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/relaytest"
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
	l := New(opt, ix, NewStatus())
	if err := l.Begin(t.Context(), log.Open()); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
	if got := log.Open().Info(); !got.Empty {
		t.Errorf("log: got %+v, want it empty", got)
	}
	broken = nil
	if err := l.Begin(t.Context(), log.Open()); err != nil || l.begun.Load().epoch != 1 {
		t.Errorf("then: got %v, epoch %d, want epoch 1", err, l.begun.Load().epoch)
	}
}

// Each start begins a new epoch, whatever the index and the cycle are.
func TestEpochs(t *testing.T) {
	p := runLedger(t)
	want := func(what string, epoch, since uint64) {
		t.Helper()
		if p.begun.Load().epoch != epoch || p.begun.Load().since != since {
			t.Errorf("%s: got epoch %d, numbers since %d, want %d, %d", what, p.begun.Load().epoch, p.begun.Load().since, epoch, since)
		}
		last := p.appender.journal.Last()
		if at, err := p.index.Position(); err != nil || at.Seq != last || at.Epoch != epoch || at.Stopped || p.log.Open().Info().Last != last {
			t.Errorf("%s: got the index at %+v, %v, the log at %d, want the start of the epoch", what, at, err, last)
		}
	}
	stop := func() {
		t.Helper()
		if err := p.stop(); err != nil {
			t.Fatal(err)
		}
	}
	want("at first", 1, 1)
	p.kill()
	p = p.again()
	want("after a crash", 2, 1)
	stop()
	p = p.again()
	want("after a stop", 3, 1)
	stop()
	p.opt.First++
	p = p.again()
	want("with another first number", 4, 4)
	stop()
	p.opt.Last--
	p = p.again()
	want("with another last number", 5, 5)
	p.kill()
	p = p.again()
	want("after another crash", 6, 5)
	p.kill()
	p.loseIndex()
	p = p.again()
	want("without an index", 7, 5)
	stop()
	p.loseIndex()
	p = p.again()
	want("after a stop, without an index", 8, 5)
}

// A ledger looks for parts of split messages only if the index has any. It finds that when it begins.
func TestBeginFindsParts(t *testing.T) {
	p := runLedger(t)
	if p.owners.parts.Load() {
		t.Error("got parts, want none to look for")
	}
	p.submitCut(relaytest.Conversation(t, "10690001", "447700900123"), 1, "A1", "A2")
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	if p = p.again(); !p.owners.parts.Load() {
		t.Error("got no parts, want some to look for")
	}
}
