package ledger

import "readback/relay/journal"

// cover queues a record of how far the numbers of h are given.
func (q *queue) cover(h *head) {
	b := q.begin(journal.KindHead)
	if b == nil {
		return
	}
	b.buf = journal.AppendHead(b.buf, &h.conv, h.next)
	b.marks = append(b.marks, mark{head: h, bound: h.next})
	h.cover = h.next
	q.end(b)
}

// coverAll calls cover for each head with numbers that the log does not know. It is called when no
// number is given any more: Assign looks at the status with the lock of the shard held. It returns
// false if the queue is full and heads are left.
func (t *table) coverAll(q *queue) bool {
	covered := true
	for i := range t.shard {
		sh := &t.shard[i]
		sh.mu.Lock()
		for h := sh.newest; h != nil; h = h.older {
			if h.next > h.cover {
				q.cover(h)
				covered = covered && h.next == h.cover
			}
		}
		sh.mu.Unlock()
	}
	return covered
}
