package ledger

import (
	"errors"
	"time"

	"readback/relay/journal"
)

// window is W: how many numbers of a conversation may be out and not in the log.
const window = journal.Window

// mayGive reports whether h may give another number now. Fewer than W given numbers may be missing
// from the log. The oldest message without a known outcome must be less than a quarter of a cycle
// back. Otherwise a message that is stuck on one link could overlap with the next message that gets
// the same number on another link.
func (h *head) mayGive(c cycle) bool {
	return h.next-h.logged < window && (len(h.out) == 0 || h.next-h.out[0].ordinal < c.numbers/4)
}

// waitForLog waits until h may give another number, for a second at most. It releases the lock of the
// shard while it waits, and refers to h meanwhile. A further part
// of a message that has its number does not wait. If one message has waited in vain, those behind it
// do not wait until h may give numbers again: a link forwards in order, and the waits would add up.
func (l *Partition) waitForLog(h *head, s *Sent) error {
	if h.stalled && !(s.isPart() && h.isOpen(s)) {
		return ErrBusy
	}
	deadline := time.NewTimer(assignWait)
	defer deadline.Stop()
	if s.Waiting != nil {
		s.Waiting()
	}
	for {
		down, err := l.status.Get()
		switch {
		case err != nil, h.dropped:
			return ErrDown
		case s.isPart() && h.isOpen(s), l.mayGo(h) && h.mayGive(l.cycle):
			return nil
		}
		changed := h.change()
		h.refer()
		h.shard.mu.Unlock()
		select {
		case <-changed:
		case <-down:
		case <-deadline.C:
			err = ErrBusy
		}
		h.shard.mu.Lock()
		h.refs--
		h.stalled = h.stalled || errors.Is(err, ErrBusy)
		if err != nil {
			return err
		}
	}
}

// cover queues a record of how far the numbers of h are given.
func (q *queue) cover(h *head) {
	b := q.begin(journal.KindHead)
	if b == nil {
		return
	}
	b.buf = journal.AppendHead(b.buf, &h.conv, h.next)
	b.mark(mark{head: h, bound: h.next})
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
		for h := range sh.heads.each() {
			if h.next > h.cover {
				q.cover(h)
				covered = covered && h.next == h.cover
			}
		}
		sh.mu.Unlock()
	}
	return covered
}
