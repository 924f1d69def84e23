package ledger

import (
	"slices"

	"readback/relay/journal"
)

// serve says whether an appender takes from the queue and tells the waiters. If not, those that wait
// are told.
func (q *queue) serve(served bool) {
	q.mu.Lock()
	q.served = served
	q.mu.Unlock()
	if !served {
		q.waiting().tell()
	}
}

// giveBack puts a batch back that could not be appended.
func (q *queue) giveBack(b *batch) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.records += b.records
	q.octets += len(b.buf)
	q.full = slices.Insert(q.full, 0, b)
}

// open begins an epoch behind a batch of the log. What was queued before becomes part of it: see carry.
// The batch that open returns is to be appended first.
func (q *queue) open(h journal.Header, start *journal.Record) *batch {
	q.mu.Lock()
	q.header, q.messages = h, h.Messages
	q.mu.Unlock()
	first := q.newBatch(journal.KindStart, func(dst []byte) []byte { return journal.AppendStart(dst, start) })
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, b := range q.queued() {
		q.octets -= len(b.buf)
		q.carry(b)
		q.octets += len(b.buf)
	}
	return first
}

// carry makes b, which was filled in an earlier epoch, a batch of this one. Its messages come late. The
// numbers that its head records know of are skipped in this epoch anyway. It is called with mu held.
func (q *queue) carry(b *batch) {
	body := b.buf[b.body:]
	if b.sealed {
		body = journal.Unseal(body)
	}
	r := journal.ReadRecords(slices.Clone(body))
	b.buf = q.nextHeader(b.buf[:0])
	b.body, b.sealed, b.changes = len(b.buf), false, true
	clear(b.marks)
	b.marks = b.marks[:0]
	for rec := (journal.Record{}); r.Next(&rec); {
		switch rec.Kind {
		case journal.KindAccepted:
			rec.Kind = journal.KindLate
			b.counts[journal.KindAccepted]--
			b.counts[journal.KindLate]++
		case journal.KindHead, journal.KindCycle, journal.KindUnclaimed, journal.KindStart, journal.KindStop:
			b.counts[rec.Kind]--
			b.records-- // whoever waits for a later record counts from here
			q.records--
			continue
		}
		if rec.Kind == journal.KindLate {
			q.messages++
		}
		b.buf = journal.Append(b.buf, &rec)
	}
	if r.Err != nil {
		q.drops++
	}
}
