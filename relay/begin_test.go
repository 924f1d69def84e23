package relay

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// notBegun is a relay that has not begun yet, with an empty log.
func notBegun(t *testing.T) *Relay {
	t.Helper()
	r := idleRelay(t).withStreams(t)
	r.status = newStatus()
	r.ledger.status = r.status
	return r
}

// again is the relay after a restart, with the same index and log.
func (r *Relay) again(t *testing.T) {
	t.Helper()
	r.ledger.appender.journal.Close()
	r.status = newStatus()
	r.opt.Registerer = nil // that of the first has its metrics already
	r.ledger = r.newLedger()
	if err := r.begin(relaytest.Deadline(t)); err != nil {
		t.Fatal(err)
	}
}

// After a clean stop with the same numbers the epoch goes on. After anything else a new epoch
// begins.
func TestEpochs(t *testing.T) {
	r := notBegun(t)
	if err := r.begin(relaytest.Deadline(t)); err != nil {
		t.Fatal(err)
	}
	want := func(what string, epoch, since uint64) {
		t.Helper()
		if err := r.Ready(); err != nil {
			t.Errorf("%s: got %v, want it ready", what, err)
		}
		if r.ledger.epoch != epoch || r.ledger.since != since {
			t.Errorf("%s: got epoch %d, numbers since %d, want %d, %d", what, r.ledger.epoch, r.ledger.since, epoch, since)
		}
		last := r.ledger.appender.journal.Last()
		if at, err := r.index.Position(); err != nil || at.Seq != last || at.Epoch != epoch || at.Stopped || r.state(t, journal.Stream).LastSeq != last {
			t.Errorf("%s: got the index at %+v, %v, the log at %d, want the start of the epoch", what, at, err, last)
		}
	}
	stop := func() {
		t.Helper()
		if err := r.ledger.appender.stop(relaytest.Deadline(t)); err != nil {
			t.Fatal(err)
		}
	}
	want("at first", 1, 1)
	r.again(t)
	want("after a crash", 2, 1)
	stop()
	r.again(t)
	want("after a stop", 2, 1)
	stop()
	r.opt.First++
	r.again(t)
	want("with another first number", 3, 3)
	stop()
	r.opt.Last--
	r.again(t)
	want("with another last number", 4, 4)
	r.again(t)
	want("after another crash", 5, 4)
	if err := r.index.Rebuild(1); err != nil {
		t.Fatal(err)
	}
	r.again(t)
	want("without an index", 6, 4)
	stop()
	if err := r.index.Rebuild(1); err != nil {
		t.Fatal(err)
	}
	r.again(t)
	want("after a stop, without an index", 6, 4)
}

// When it begins, a relay counts the rows of its outbox and wakes the publisher when more come.
// It looks for parts of cut messages only if the index has any.
func TestBeginFindsWhatWaits(t *testing.T) {
	r := notBegun(t)
	if err := r.begin(relaytest.Deadline(t)); err != nil {
		t.Fatal(err)
	}
	if r.ledger.cuts.any.Load() {
		t.Error("got parts, want none to look for")
	}
	c := relaytest.Conversation(t, "10690001", "447700900123")
	told := make(logged, 9)
	s := r.ledger.mustAssign(t, tracked(c))
	r.ledger.Accept(s, []byte("A"), told, 1)
	drain := func(outbox float64, signalled bool) {
		t.Helper()
		if err := r.ledger.appender.drain(relaytest.Deadline(t)); err != nil {
			t.Fatal(err)
		}
		select {
		case <-r.feedback.outbox.added:
			if !signalled {
				t.Error("got the outbox looked at, want nothing in it")
			}
		default:
			if signalled {
				t.Error("nobody looks at the outbox")
			}
		}
		if got := testutil.ToFloat64(r.metrics.feedback.outbox); got != outbox {
			t.Errorf("outbox: got %v, want %v", got, outbox)
		}
	}
	drain(0, false)
	b := r.ledger.queue.begin(journal.KindRead)
	b.buf = journal.AppendRead(b.buf, &journal.Record{Place: journal.Place{Conv: c, Day: s.day, Number: s.Number}, Status: message.StatusRead, ReadAt: 1, At: 1})
	r.ledger.queue.end(b)
	drain(1, true)
	b = r.ledger.queue.begin(journal.KindCut)
	b.buf = journal.AppendCut(b.buf, &journal.Record{Place: journal.Place{Conv: c, Day: s.day}, Part: message.Part{Total: 2}, PartSeq: 1, Cut: journal.CutRecord{First: []byte("A"), Key: []byte("A")}})
	r.ledger.queue.end(b)
	drain(1, false)
	r.again(t)
	drain(1, false) // the publisher looks by itself when it begins
	if !r.ledger.cuts.any.Load() {
		t.Error("got no parts, want some to look for")
	}
	rows, err := r.index.Outbox(index.FeedbackOutbox, 0, 0, 9)
	if err != nil || len(rows) != 1 {
		t.Fatalf("got %d rows, %v, want 1", len(rows), err)
	}
	b = r.ledger.queue.begin(journal.KindFed)
	b.buf = journal.AppendFed(b.buf, rows[0].Seq, rows[0].Index)
	r.ledger.queue.end(b)
	drain(0, false)
}

// begin gives up when the log cannot be read and when its context ends. Without NATS it reports
// that it is starting, and goes on.
func TestBeginGivesUp(t *testing.T) {
	r := notBegun(t)
	ctx, cancel := context.WithCancel(relaytest.Deadline(t))
	cancel()
	if err := r.begin(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("no time: got %v, want %v", err, context.Canceled)
	}
	info, err := makeStreams(relaytest.Deadline(t), r.js, &r.opt)
	if err != nil || info.Config.Name != journal.Stream {
		t.Fatalf("got %+v, %v, want the log", info, err)
	}
	if _, err := r.js.Publish(relaytest.Deadline(t), journal.Subject, []byte("\x00 is no batch")); err != nil {
		t.Fatal(err)
	}
	var bad *journal.RecordError
	if err := r.begin(relaytest.Deadline(t)); !errors.As(err, &bad) || !strings.Contains(err.Error(), "log cannot be read") {
		t.Errorf("no batch in the log: got %v, want that it cannot be read", err)
	}

	r.nc.Close() // NATS is away
	ctx, cancel = context.WithCancel(relaytest.Deadline(t))
	ended := make(chan error, 1)
	changed, _ := r.status.get()
	go func() { ended <- r.begin(ctx) }()
	relaytest.Receive(t, changed)
	if _, err := r.status.get(); !errors.Is(err, errStarting) {
		t.Errorf("without a connection: got %v, want that it is starting", err)
	}
	cancel()
	if err := relaytest.Receive(t, ended); !errors.Is(err, context.Canceled) {
		t.Errorf("end: got %v, want %v", err, context.Canceled)
	}
}
