package relay

import (
	"testing"
	"time"
)

// TestQueueIsBounded: with the log away, what is beyond the bound is dropped, and its
// waiter is told all the same.
func TestQueueIsBounded(t *testing.T) {
	q := newQueue()
	c := conversation(t, "10690001", "447700900123")
	var octets, n int
	for b := q.begin(kindHead); b != nil; b = q.begin(kindHead) {
		b.buf = appendHead(b.buf, &c, 1<<60)
		b.waits = append(b.waits, wait{make(logged, 1), 0})
		q.end(b)
		n++
	}
	if n != maxQueuedRecords {
		t.Errorf("records: got %d, want %d", n, maxQueuedRecords)
	}
	if q.begin(kindAccepted) != nil {
		t.Error("a record more was let in")
	}
	told := make(logged, 1)
	q.tell(wait{told, 5})
	drops, late := q.dropped()
	if drops != 1 || len(late) != 1 || late[0].token != 5 {
		t.Errorf("dropped: got %d, %v, want 1 and its waiter", drops, late)
	}
	if waits := q.waiting().waits; len(waits) != n {
		t.Errorf("waiters: got %d, want %d", len(waits), n)
	}
	for b := q.take(); b != nil; b = q.take() {
		if len(b.buf) > maxBatch {
			t.Errorf("batch: got %d octets, want %d at most", len(b.buf), maxBatch)
		}
		octets += len(b.buf)
		q.recycle(b)
	}
	if q.records != 0 || q.octets != 0 || octets == 0 {
		t.Errorf("at the end: got %d records, %d octets, want none", q.records, q.octets)
	}
	q.close()
	q.tell(wait{told, 6})
	if got := receive(t, told); got != 6 {
		t.Errorf("waiter of a closed queue: got %d, want 6", got)
	}
}

func TestDaysExpire(t *testing.T) {
	opt := testOptions(t)
	r := start(t, opt)
	c := conversation(t, "10690001", "447700900123")
	for _, age := range []time.Duration{opt.Keep + 48*time.Hour, opt.Keep - time.Hour, 0} {
		s := message(c)
		s.At = time.Now().Add(-age)
		if err := r.Ledger().Assign(s); err != nil {
			t.Fatal(err)
		}
		r.accept(s, "id")
	}
	count := func() (n int) {
		r.ledger.catchUp() // whoever is told may be ahead of the index
		if err := r.index.eachEntry(&c, dayOf(1<<46), func(found) bool { n++; return true }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if got := count(); got != 2 { // a day that has expired is not brought in at all
		t.Errorf("entries: got %d, want 2", got)
	}
	if err := r.index.expire(dayOf(time.Now().UnixMilli())); err != nil {
		t.Fatal(err)
	}
	if got := count(); got != 1 {
		t.Errorf("entries after expiry: got %d, want 1", got)
	}
}
