package relay

import (
	"time"

	"readback/relay/journal"
)

// mayGive tells whether h may give another number now: fewer than W are unknown to
// the log, and the oldest whose fate is open is less than a quarter of a cycle ago.
// The latter keeps a message that is stuck on one link from meeting its number's
// next bearer, sent over another.
func (h *head) mayGive(c cycle) bool {
	return h.next-h.logged < window && (len(h.out) == 0 || h.next-h.out[0].ordinal < c.numbers/4)
}

// waitForLog returns when fewer than W numbers of h are unknown to the log, or
// after a second. It gives the lock of the shard away meanwhile; h stays, since it
// is not clean. A further part of a message needs no number and does not wait.
func (h *head) waitForLog(s *Sent, st *status, c cycle) error {
	deadline := time.NewTimer(assignWait)
	defer deadline.Stop()
	if s.Waiting != nil {
		s.Waiting()
	}
	for {
		down, err := st.get()
		switch {
		case err != nil:
			return ErrDown
		case h.mayGive(c), s.isPart() && h.isOpen(s):
			return nil
		}
		changed := h.change()
		h.shard.mu.Unlock()
		select {
		case <-changed:
		case <-down:
		case <-deadline.C:
			err = ErrBusy
		}
		h.shard.mu.Lock()
		if err != nil {
			return err
		}
	}
}

// cover has the log know all that h has given so far.
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

// coverAll has the log know all numbers that were given, once none is given any more:
// Assign looks at the status with the lock of the shard held. It returns false when the
// queue is full: there are more.
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
