package ledger

import (
	"bytes"
	"testing"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// While the log is away, the queue drops records beyond its bound and tells their waiters.
func TestQueueIsBounded(t *testing.T) {
	q := newQueue()
	c := relaytest.Conversation(t, "10690001", "447700900123")
	var octets, n int
	for b := q.begin(journal.KindHead); b != nil; b = q.begin(journal.KindHead) {
		b.buf = journal.AppendHead(b.buf, &c, 1<<60)
		b.waits = append(b.waits, wait{make(relaytest.Logged, 1), 0})
		q.end(b)
		n++
	}
	if n != maxQueuedRecords {
		t.Errorf("records: got %d, want %d", n, maxQueuedRecords)
	}
	if q.begin(journal.KindAccepted) != nil {
		t.Error("a record more was let in")
	}
	told := make(relaytest.Logged, 1)
	q.tell(wait{told, 5})
	drops, late := q.dropped()
	if drops != 1 || len(late) != 1 || late[0].token != 5 {
		t.Errorf("dropped: got %d, %v, want 1 and its waiter", drops, late)
	}
	if waits := q.waiting().waits; len(waits) != n {
		t.Errorf("waiters: got %d, want %d", len(waits), n)
	}
	for b := q.take(); b != nil; b = q.take() {
		if len(b.buf) > journal.MaxBatch {
			t.Errorf("batch: got %d octets, want %d at most", len(b.buf), journal.MaxBatch)
		}
		octets += len(b.buf)
		q.recycle(b)
	}
	if q.records != 0 || q.octets != 0 || octets == 0 {
		t.Errorf("at the end: got %d records, %d octets, want none", q.records, q.octets)
	}
	q.close()
	q.tell(wait{told, 6})
	if got := relaytest.Receive(t, told); got != 6 {
		t.Errorf("waiter of a closed queue: got %d, want 6", got)
	}
}

// outcomes takes what records come to.
type outcomes chan index.Outcome

func (c outcomes) tell(o index.Outcome, _ *message.Merged) { c <- o }

// put queues a record of a kind, and returns its batch.
func (q *queue) put(t *testing.T, k journal.Kind, change func(*batch)) *batch {
	t.Helper()
	b := q.begin(k)
	if b == nil {
		t.Fatal("the queue takes no record")
	}
	b.buf = append(b.buf, byte(k))
	change(b)
	q.end(b)
	return b
}

// octetsQueued counts the records and octets of all batches in the queue.
func (q *queue) octetsQueued() (records, octets int) {
	for _, b := range q.queued() {
		records, octets = records+b.records, octets+len(b.buf)
	}
	return records, octets
}

func wantCounted(t *testing.T, q *queue, what string) {
	t.Helper()
	if records, octets := q.octetsQueued(); q.records != records || q.octets != octets {
		t.Errorf("%s: got %d records, %d octets counted, want %d, %d", what, q.records, q.octets, records, octets)
	}
}

// When an epoch begins, the batches that were queued before get its header. Each header is
// unique, and the records stay as they were.
func TestQueueOpens(t *testing.T) {
	q := newQueue()
	large := bytes.Repeat([]byte{1}, journal.MaxBatch-journal.MaxRecord)
	for range 3 {
		q.put(t, journal.KindRoute, func(b *batch) { b.buf = append(b.buf, large...) })
	}
	wantCounted(t, q, "queued")
	if len(q.full) != 2 || q.filling == nil {
		t.Fatalf("got %d full batches, want 2 and one that is not", len(q.full))
	}
	q.open(journal.Header{Epoch: 300, Instance: 1 << 60})
	wantCounted(t, q, "opened")
	serials := make(map[uint64]bool)
	for i := range 4 {
		if i == 3 {
			q.put(t, journal.KindStop, func(*batch) {})
		}
		b := q.take()
		wantCounted(t, q, "taken")
		r, err := journal.ParseBatch(b.buf)
		if err != nil || r.Header.Epoch != 300 || r.Header.Instance != 1<<60 || serials[r.Header.Serial] {
			t.Errorf("batch %d: got header %+v, %v, want one of the epoch, unlike the others", i, r.Header, err)
		}
		serials[r.Header.Serial] = true
		if got := b.buf[b.body:]; i < 3 && (got[0] != byte(journal.KindRoute) || !bytes.Equal(got[1:], large)) || r.Off != b.body {
			t.Errorf("batch %d: got %d octets of records from %d on, want them as they were", i, len(got), b.body)
		}
		q.recycle(b)
	}
	if q.take() != nil || len(q.free) != 3 { // the last one was used again
		t.Errorf("got %d batches to use again, want 3 and none left", len(q.free))
	}
	if r, err := journal.ParseBatch(q.newBatch()); err != nil || r.Header.Epoch != 300 || serials[r.Header.Serial] {
		t.Errorf("got header %+v, %v, want another one of the epoch", r.Header, err)
	}
}

// A batch that is used again has nothing left from before. The queue keeps only a few for that.
func TestBatchIsUsedAgain(t *testing.T) {
	q := newQueue()
	q.put(t, journal.KindRead, func(b *batch) {
		b.marks, b.waits, b.routes = append(b.marks, mark{}), append(b.waits, wait{}), append(b.routes, route{})
		b.splits, b.waiters = append(b.splits, splitPart{}), append(b.waiters, resultWaiter{})
	})
	used := q.take()
	if !used.changes || used.records != 1 || used.counts[journal.KindRead] != 1 {
		t.Errorf("got %+v, want one read, which changes something", used)
	}
	q.recycle(used)
	b := q.put(t, journal.KindRoute, func(*batch) {})
	if b != used || b.changes || b.records != 1 || b.counts[journal.KindRead] != 0 || b.counts[journal.KindRoute] != 1 ||
		len(b.marks)+len(b.waits)+len(b.routes)+len(b.splits)+len(b.waiters) > 0 {
		t.Errorf("got %+v, want the same batch with one route", b)
	}
	for range 20 {
		q.recycle(&batch{})
	}
	if len(q.free) != 16 {
		t.Errorf("got %d batches kept, want 16", len(q.free))
	}
}

// The waiters of all batches are told once that their records are not in the log.
func TestQueueLetsWaitersGo(t *testing.T) {
	q := newQueue()
	told := make(relaytest.Logged, 4)
	reads := []outcomes{make(outcomes, 2), make(outcomes, 2)}
	for i, r := range reads { // in two batches
		q.put(t, journal.KindRead, func(b *batch) {
			b.waits = append(b.waits, wait{told, uint64(i)})
			b.await(r.tell)
			b.buf = append(b.buf, make([]byte, journal.MaxBatch-journal.MaxRecord)...)
		})
	}
	for range 2 {
		q.waiting().tell()
	}
	if len(told) != 2 || <-told != 0 || <-told != 1 {
		t.Error("the waiters are not told once, in order")
	}
	for i, r := range reads {
		if len(r) != 1 || <-r != index.Down {
			t.Errorf("read %d: not told once that the log is down", i)
		}
	}
}

// Each dropped record is counted once, except records that are made again.
func TestDropsAreCounted(t *testing.T) {
	q := newQueue()
	told := make(relaytest.Logged, 2)
	q.records = maxQueuedRecords - 1
	q.put(t, journal.KindRoute, func(*batch) {})
	for _, k := range []journal.Kind{journal.KindRoute, journal.KindHead, journal.KindRead, journal.KindPublished, journal.KindReported} {
		if q.begin(k) != nil {
			t.Errorf("%s: a record more was let in", k)
		}
	}
	<-q.wake
	q.tell(wait{told, 1})
	select {
	case <-q.wake:
	default:
		t.Error("nobody is woken for the waiter of a dropped record")
	}
	for _, want := range []int{2, 0} {
		drops, late := q.dropped()
		if drops != want || len(late) != min(want, 1) || len(told) > 0 {
			t.Errorf("got %d drops and %d waiters, want %d and %d", drops, len(late), want, min(want, 1))
		}
	}
}
