package ledger

import (
	"readback/internal/crash"
	"readback/relay/journal"
)

// AcceptLate records the SMSC's answer to a message that was given up with Refuse before. It does
// nothing if the number has been assigned to another message since. It never waits.
func (l *Partition) AcceptLate(s *Sent, messageID []byte) {
	defer crash.OnPanic()
	if s.follows {
		return // it had no number
	}
	// Without the ledger nobody knows; then the index decides when the record gets there.
	place := s.Place()
	if stands, err := l.Standing(&s.Conversation); err == nil && !stands(&place) {
		return
	}
	if b := l.queue.begin(journal.KindLate); b != nil {
		b.appendLate(s, messageID)
		l.queue.end(b)
	}
}

// acceptDropped is Accept for a message that was assigned before the ledger began again. The lock of the
// shard is held.
func (l *Partition) acceptDropped(s *Sent, messageID []byte, w Waiter, token uint64) {
	var b *batch
	if !s.follows {
		b = l.queue.begin(journal.KindLate)
	}
	if b == nil {
		l.queue.tell(wait{w, token})
		return
	}
	b.appendLate(s, messageID)
	b.waits = append(b.waits, wait{w, token})
	l.queue.end(b)
}

// acceptDroppedSplit is AcceptSplit for such a message. The last record tells the waiter.
func (l *Partition) acceptDroppedSplit(s *Sent, named bool, c *Split, w wait) {
	for i := range c.IDs {
		if named && !l.recordPart(s, c, i) {
			break
		}
		b := l.queue.begin(journal.KindLate)
		if b == nil {
			break
		}
		part := s.splitPart(i)
		b.appendLate(&part, c.IDs[i])
		last := i == len(c.IDs)-1
		if last {
			b.waits = append(b.waits, w)
		}
		l.queue.end(b)
		if last {
			return
		}
	}
	l.queue.tell(w)
}
