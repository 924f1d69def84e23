package relay

import (
	"time"

	"readback/relay/journal"
)

// mayGive tells whether h may give another number now: fewer than W are unknown to
// the log, and the oldest whose fate is open is less than a quarter of a cycle ago.
// The latter keeps a message that is stuck on one link from meeting its number's
// next bearer, sent over another.
func (l *Ledger) mayGive(h *head) bool {
	return h.next-h.logged < window && (len(h.out) == 0 || h.next-h.out[0].ordinal < l.numbers/4)
}

// waitForLog returns when fewer than W numbers of h are unknown to the log, or
// after a second. It gives the lock of the shard away meanwhile; h stays, since it
// is not clean. A further part of a message needs no number and does not wait.
func (l *Ledger) waitForLog(h *head, s *Sent) error {
	deadline := time.NewTimer(assignWait)
	defer deadline.Stop()
	if s.Waiting != nil {
		s.Waiting()
	}
	for {
		status, err := l.status.get()
		switch {
		case err != nil:
			return ErrDown
		case l.mayGive(h), s.isPart() && h.isOpen(s):
			return nil
		}
		changed := h.change()
		h.shard.mu.Unlock()
		select {
		case <-changed:
		case <-status:
		case <-deadline.C:
			err = ErrBusy
		}
		h.shard.mu.Lock()
		if err != nil {
			return err
		}
	}
}

// coverHead has the log know all that was given so far.
func (l *Ledger) coverHead(h *head) {
	b := l.queue.begin(journal.KindHead)
	if b == nil {
		return
	}
	b.buf = journal.AppendHead(b.buf, &h.conv, h.next)
	b.marks = append(b.marks, mark{head: h, bound: h.next})
	h.cover = h.next
	l.queue.end(b)
}

// coverAll has the log know all numbers that were given, once none is given any more:
// Assign looks at the status with the lock of the shard held. It returns false when the
// queue is full: there are more.
func (l *Ledger) coverAll() bool {
	covered := true
	for i := range l.table.shard {
		sh := &l.table.shard[i]
		sh.mu.Lock()
		for h := sh.newest; h != nil; h = h.older {
			if h.next > h.cover {
				l.coverHead(h)
				covered = covered && h.next == h.cover
			}
		}
		sh.mu.Unlock()
	}
	return covered
}
