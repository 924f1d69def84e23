package ledger

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// When a batch is in the log and in the index, all its waiters are told, its messages are no
// longer outstanding, and its records are counted.
func TestCommit(t *testing.T) {
	a := testAppender(t)
	reg := prometheus.NewRegistry()
	a.metrics = newMetrics(reg)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	told := make(relaytest.Logged, 4)
	first, second := a.ledger.mustAssign(t, toSend(c)), a.ledger.mustAssign(t, toSend(c))
	h := first.head
	changed := h.change()
	a.ledger.Accept(first, []byte("A"), told, 1)
	a.ledger.Route("bank", journal.Place{}, []byte("A"), told, 2)
	a.ledger.owners.parts.Store(false)
	row := a.ledger.owners.add([]byte("A"), &journal.IDOwner{Kind: journal.OwnerNumbered})
	reads := []outcomes{make(outcomes, 1), make(outcomes, 1)}
	p := journal.Place{Conv: c, Day: first.day, Number: first.Number}
	for i, status := range []uint8{message.StatusRead, message.StatusDeletedUnread} {
		b := a.queue.begin(journal.KindRead)
		b.buf = journal.AppendRead(b.buf, &journal.Record{Place: p, Status: status, ReadAt: 2, At: 3})
		b.await(reads[i].tell)
		b.owners = append(b.owners, row)
		a.queue.end(b)
	}
	b := a.queue.take()
	if err := a.write(relaytest.Deadline(t), b); err != nil {
		t.Fatal(err)
	}
	if len(told) != 2 || <-told != 1 || <-told != 2 {
		t.Error("the waiters are not told, or not in order")
	}
	if h.logged != 1 || len(h.out) != 1 || h.out[0].ordinal != second.ordinal || !isClosed(changed) {
		t.Errorf("got %d in the log and %+v out, told of it %v, want 1 and the second one", h.logged, h.out, isClosed(changed))
	}
	if len(a.ledger.routes.pending) > 0 || len(a.ledger.owners.pending) > 0 {
		t.Error("routes or owners stay in memory")
	}
	if account, ok := a.ledger.Routed(message.Conversation{}, []byte("A")); account != "bank" || !ok {
		t.Errorf("got account %q, want bank", account)
	}
	for i, want := range []index.Outcome{index.Read, index.Duplicate} {
		if got := relaytest.Receive(t, reads[i]); got != want {
			t.Errorf("read %d: got outcome %d, want %d", i, got, want)
		}
	}
	for label, want := range map[string]float64{"accepted": 1, "route": 1, "read": 2, "head": 0} {
		if got := relaytest.Metric(t, reg, "readback_ledger_records_total", label); got != want {
			t.Errorf("%s records: got %v, want %v", label, got, want)
		}
	}
	if n, m := relaytest.Metric(t, reg, "readback_ledger_batch_records", ""), relaytest.Metric(t, reg, "readback_ledger_append_seconds", ""); n != 1 || m != 1 {
		t.Errorf("got %v batches and %v appends counted, want 1 of each", n, m)
	}
	if len(a.queue.free) != 1 || a.queue.free[0].records != 0 || len(a.queue.free[0].waits) > 0 {
		t.Errorf("got %+v, want the batch to be used again", a.queue.free)
	}
}

// While the log is away, waiters are told at once. The records get to the log when it is back.
func TestAppendIsMadeAgain(t *testing.T) {
	a := testAppender(t)
	a.log = (&relaytest.LogLines{}).Logger()
	connected := make(chan struct{}, 1)
	a.connected = connected
	var back atomic.Bool
	log := new(journal.Memory)
	log.SetFault(func([]byte) (bool, error) {
		if back.Load() {
			return false, nil
		}
		return false, journal.ErrUnreachable
	})
	a.journal = log.Open()
	told := make(relaytest.Logged, 4)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	a.ledger.Accept(a.ledger.mustAssign(t, toSend(c)), []byte("A"), told, 1)
	stop, ended := make(chan struct{}), make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { ended <- a.run(ctx, stop) }()
	if token := relaytest.Receive(t, told); token != 1 {
		t.Errorf("told: got %d, want 1", token)
	}
	if _, err := a.status.Get(); !errors.Is(err, ErrDown) {
		t.Errorf("got status %v, want it down", err)
	}
	w := make(outcomes, 1)
	b := a.queue.begin(journal.KindOptOut)
	b.buf = journal.AppendOptOut(b.buf, &journal.Record{Place: journal.Place{Conv: c}, Status: 1, ReadAt: 1, At: 1})
	b.await(w.tell)
	a.queue.end(b)
	if got := relaytest.Receive(t, w); got != index.Down {
		t.Errorf("who comes meanwhile: got outcome %d, want that it is down", got)
	}
	back.Store(true)
	connected <- struct{}{}
	if err := a.status.Wait(relaytest.Deadline(t)); err != nil {
		t.Fatal(err)
	}
	close(stop)
	if err := relaytest.Receive(t, ended); err != nil {
		t.Fatal(err)
	}
	if f, err := a.ledger.index.FindNumber(&c, 1, relaytest.Any); f == nil || err != nil {
		t.Errorf("got %+v, %v, want the message", f, err)
	}
	if since, err := a.ledger.index.OptOut(&c.Receiver); since != 1 || err != nil {
		t.Errorf("got opt-out since %d, %v, want what came meanwhile", since, err)
	}
	if len(told) > 0 {
		t.Error("a waiter is told twice")
	}
}

// After another writer has appended, the ledger is down. Earlier and later waiters are told. What they
// waited for is recorded when the ledger has begun again.
func TestAppenderLosesTheLog(t *testing.T) {
	a := testAppender(t)
	log := new(journal.Memory)
	a.journal = log.Open()
	other := journal.Header{Epoch: 7, Instance: 9, Serial: 1}
	if err := log.Open().Append(t.Context(), journal.Seal(journal.AppendHeader(nil, other))); err != nil {
		t.Fatal(err)
	}
	told := make(relaytest.Logged, 4)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	first, second := a.ledger.mustAssign(t, toSend(c)), a.ledger.mustAssign(t, toSend(c))
	a.ledger.Accept(first, []byte("A"), told, 1)
	a.ledger.Route("bank", journal.Place{}, []byte("A"), told, 2)
	if err := a.run(t.Context(), make(chan struct{})); !errors.Is(err, journal.ErrFenced) {
		t.Errorf("got %v, want ErrFenced", err)
	}
	if _, err := a.status.Get(); !errors.Is(err, journal.ErrFenced) || !errors.Is(err, ErrDown) {
		t.Errorf("got status %v, want that it is down, fenced off", err)
	}
	a.ledger.Route("bank", journal.Place{}, []byte("B"), told, 3)
	l := a.ledger
	if err := l.Begin(t.Context(), log.Open()); err != nil || l.begun.Load().epoch != 8 {
		t.Fatalf("got %v, epoch %d, want epoch 8", err, l.begun.Load().epoch)
	}
	l.Accept(second, []byte("B"), told, 4)
	l.status.Set(nil)
	stop := make(chan struct{})
	close(stop)
	if err := l.Run(t.Context(), stop); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		relaytest.Receive(t, told)
	}
	l.wantNoRoutes(t)
	var ids []string
	if err := l.index.EachEntry(&c, func(f index.Found) bool {
		ids = append(ids, f.Entry.MessageIDs()...)
		return true
	}); err != nil || !slices.Equal(ids, []string{"A", "B"}) {
		t.Errorf("got messages %v, %v, want both", ids, err)
	}
	for _, id := range []string{"A", "B"} {
		if account, ok := l.Routed(message.Conversation{}, []byte(id)); account != "bank" || !ok {
			t.Errorf("route of %s: got %q, %v", id, account, ok)
		}
	}
}

// After the appender has ended, for any reason, nobody waits. After a clean stop the queue takes no
// record; otherwise the ledger may begin again.
func TestAppenderEnds(t *testing.T) {
	for _, tt := range []struct {
		name   string
		queued bool
		cancel bool
	}{{"stop", false, false}, {"stop, something queued", true, false}, {"killed", false, true}, {"killed, something queued", true, true}} {
		t.Run(tt.name, func(t *testing.T) {
			a := testAppender(t)
			told := make(relaytest.Logged, 4)
			a.queue.droppedWaits = append(a.queue.droppedWaits, wait{told, 1}) // and nobody is woken for it
			if tt.queued {
				a.ledger.Route("bank", journal.Place{}, []byte("A"), told, 2)
			}
			stop := make(chan struct{})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if tt.cancel {
				cancel()
			} else {
				close(stop)
			}
			if err := a.run(ctx, stop); errors.Is(err, context.Canceled) != tt.cancel || err != nil && !tt.cancel {
				t.Errorf("got %v, want an error: %v", err, tt.cancel)
			}
			want := 1
			if tt.queued {
				want++
			}
			if len(told) != want || a.queue.closed == tt.cancel {
				t.Errorf("got %d waiters told, closed %v, want %d, %v", len(told), a.queue.closed, want, !tt.cancel)
			}
			at, err := a.ledger.index.Position()
			if err != nil || at.Stopped == tt.cancel {
				t.Errorf("got %+v, %v, want a stop record: %v", at, err, !tt.cancel)
			}
			if account, err := a.ledger.index.Route([]byte("A"), message.DayOf(time.Now().UnixMilli()), 1); !tt.cancel && (err != nil || (account == "bank") != tt.queued) {
				t.Errorf("got route to %q, %v, want it if it was queued", account, err)
			}
		})
	}
}
