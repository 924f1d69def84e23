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
	place := s.place()
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
