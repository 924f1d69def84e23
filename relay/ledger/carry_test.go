package ledger

import (
	"testing"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/relaytest"
)

// A record that is queued behind others, which were carried over from an earlier epoch, gets its own
// outcome: heads that were dropped do not count.
func TestOutcomeBehindCarriedRecords(t *testing.T) {
	a := testAppender(t)
	q, c := a.queue, relaytest.Conversation(t, "10690001", "447700900123")
	for range 3 {
		q.put(t, journal.KindHead, func(b *batch) { b.buf = journal.AppendHead(b.buf, &c, 1) })
	}
	a.ledger.enqueueRoute(t, "A")
	first := q.open(journal.Header{Epoch: 2, Instance: 8}, &journal.Record{First: 1, Last: 257})
	told := make(outcomes, 1)
	b := q.put(t, journal.KindOptOut, func(b *batch) {
		b.buf = journal.AppendOptOut(b.buf, &journal.Record{Place: journal.Place{Conv: c}, Status: 1, ReadAt: 1, At: 1})
		b.await(told.tell)
	})
	if b.records != 2 || b.counts[journal.KindHead] != 0 || b.waiters[0].record != 1 {
		t.Fatalf("got %d records, the one that is waited for at %d, want 2 and 1", b.records, b.waiters[0].record)
	}
	wantCounted(t, q, "carried")
	for _, b := range []*batch{first, q.take()} {
		if err := a.write(relaytest.Deadline(t), b); err != nil {
			t.Fatal(err)
		}
	}
	if got := relaytest.Receive(t, told); got != index.Noted {
		t.Errorf("got outcome %d, want that it is noted", got)
	}
	if q.records != 0 || q.octets != 0 {
		t.Errorf("got %d records and %d octets counted in the end, want none", q.records, q.octets)
	}
}

// enqueueRoute queues the record of a route.
func (l *Partition) enqueueRoute(t *testing.T, id string) {
	t.Helper()
	if err := l.Enqueue(journal.KindRoute, func(dst []byte) []byte {
		return journal.AppendRoute(dst, 20780, "bank", []byte(id))
	}); err != nil {
		t.Fatal(err)
	}
}

// A batch that could not be appended goes before those that were queued behind it.
func TestGivenBackBatchIsFirst(t *testing.T) {
	q := servedQueue()
	var all []*batch
	for range 3 {
		all = append(all, q.put(t, journal.KindRoute, func(*batch) {}))
		q.full, q.filling = append(q.full, q.filling), nil
	}
	q.giveBack(q.take())
	for i, want := range all {
		if got := q.take(); got != want {
			t.Errorf("batch %d: got another one", i)
		}
	}
}

// A record that is queued while no appender is there tells its waiter at once, and no second time.
func TestWaiterOfAnIdleQueue(t *testing.T) {
	q, told, outcome := newQueue(), make(relaytest.Logged, 2), make(outcomes, 2)
	q.put(t, journal.KindRead, func(b *batch) {
		b.waits = append(b.waits, wait{told, 1})
		b.await(outcome.tell)
	})
	if len(told) != 1 || len(outcome) != 1 || <-outcome != index.Down {
		t.Errorf("got %d and %d told, want each once", len(told), len(outcome))
	}
	q.serve(true)
	q.serve(false)
	if len(told) != 1 || len(outcome) != 0 {
		t.Error("a waiter is told twice")
	}
}
