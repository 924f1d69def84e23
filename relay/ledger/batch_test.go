package ledger

import (
	"slices"
	"testing"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// While the log is away, the queue drops records beyond its bound and tells their waiters.
func TestQueueIsBounded(t *testing.T) {
	q := servedQueue()
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
	q.serve(false)
	q.tell(wait{told, 6})
	if got := relaytest.Receive(t, told); got != 6 {
		t.Errorf("waiter of a queue without an appender: got %d, want 6", got)
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

// When an epoch begins, what was queued before becomes part of it, behind its start record: accepted
// messages as late ones, without the heads. The serials follow one another.
func TestQueueOpens(t *testing.T) {
	q, c := servedQueue(), relaytest.Conversation(t, "10690001", "447700900123")
	place, from, to := journal.Place{Conv: c, Day: 20780, Number: 5, Ordinal: 4}, message.Address{Addr: c.Sender}, message.Address{Addr: c.Receiver}
	queued := []journal.Record{
		{Kind: journal.KindHead, Place: journal.Place{Conv: c}, Bound: 5},
		{Kind: journal.KindAccepted, Place: place, Bound: 5, Account: []byte("bank"), MessageID: []byte("A"), From: from, To: to},
		{Kind: journal.KindLate, Place: place, Bound: 5, Account: []byte("bank"), MessageID: []byte("B"), From: from, To: to},
		{Kind: journal.KindRead, Place: place, Status: message.StatusRead},
		{Kind: journal.KindRoute, Account: []byte("bank"), MessageID: []byte("C")},
	}
	for i := range queued {
		q.put(t, queued[i].Kind, func(b *batch) { b.buf = journal.Append(b.buf, &queued[i]) })
		q.full, q.filling = append(q.full, q.filling), nil // each in a batch of its own
	}
	wantCounted(t, q, "queued")
	sealed := q.take()
	sealed.buf, sealed.sealed = journal.Seal(sealed.buf), true
	q.giveBack(sealed) // it could not be appended
	wantCounted(t, q, "given back")
	all := []*batch{q.open(journal.Header{Epoch: 300, Instance: 1 << 60, Serial: 40, Messages: 7}, &journal.Record{First: 1, Last: 257})}
	wantCounted(t, q, "opened")
	for b := q.take(); b != nil; b = q.take() {
		wantCounted(t, q, "taken")
		all = append(all, b)
	}
	var kinds []journal.Kind
	messages := uint64(7)
	for i, b := range all {
		r, err := journal.ParseBatch(journal.Seal(b.buf))
		if want := (journal.Header{Epoch: 300, Instance: 1 << 60, Serial: 41 + uint64(i), Messages: messages}); err != nil || r.Header != want {
			t.Errorf("batch %d: got header %+v, %v, want %+v", i, r.Header, err, want)
		}
		for rec := (journal.Record{}); r.Next(&rec); {
			kinds = append(kinds, rec.Kind)
			if rec.Kind == journal.KindLate {
				messages++
			}
		}
		if r.Err != nil {
			t.Error(r.Err)
		}
	}
	want := []journal.Kind{journal.KindStart, journal.KindLate, journal.KindLate, journal.KindRead, journal.KindRoute}
	if !slices.Equal(kinds, want) {
		t.Errorf("got records %v, want %v", kinds, want)
	}
	if q.messages != messages {
		t.Errorf("got %d messages, want %d", q.messages, messages)
	}
}

// A batch that is used again has nothing left from before. The queue keeps only a few for that.
func TestBatchIsUsedAgain(t *testing.T) {
	q := servedQueue()
	q.put(t, journal.KindRead, func(b *batch) {
		b.marks, b.waits, b.routes = append(b.marks, mark{}), append(b.waits, wait{}), append(b.routes, route{})
		b.owners, b.waiters = append(b.owners, owner{}), append(b.waiters, resultWaiter{})
	})
	used := q.take()
	if !used.changes || used.records != 1 || used.counts[journal.KindRead] != 1 {
		t.Errorf("got %+v, want one read, which changes something", used)
	}
	q.recycle(used)
	b := q.put(t, journal.KindRoute, func(*batch) {})
	if b != used || b.changes || b.records != 1 || b.counts[journal.KindRead] != 0 || b.counts[journal.KindRoute] != 1 ||
		len(b.marks)+len(b.waits)+len(b.routes)+len(b.owners)+len(b.waiters) > 0 {
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
	q := servedQueue()
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
	q := servedQueue()
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
