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
	sh := l.table.of(&s.Conversation.Receiver)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	h, err := l.head(sh, s)
	if err != nil || h.next > s.ordinal+l.numbers {
		return
	}
	b := l.queue.begin(journal.KindAccepted)
	if b == nil {
		return
	}
	h.cover = max(h.cover, s.ordinal+1)
	b.appendSent(s, h.cover, messageID)
	b.marks = append(b.marks, mark{head: h, bound: h.cover})
	l.queue.end(b)
}
