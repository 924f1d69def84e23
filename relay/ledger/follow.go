package ledger

import (
	"bytes"

	"readback/internal/crash"
	"readback/relay/journal"
)

// Follow notes a part that goes on without a number, because it has no room for one. Another part
// may give the message its number, and then the message_ids of all parts stand for the message.
// Follow never waits. If it returns true, the caller must call Accept or Refuse once.
func (l *Partition) Follow(s *Sent) bool {
	defer crash.OnPanic()
	if !s.isPart() || l.check(s) != nil {
		return false
	}
	sh, key := l.table.at(&s.Conversation)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if !l.status.up.Load() {
		return false
	}
	h, err := l.head(sh, key, s)
	if err != nil {
		return false
	}
	p := h.join(s)
	if p == nil {
		p = h.openParts(s)
	}
	if p == nil {
		sh.rest(h)
		return false
	}
	s.refer(h)
	s.follows = !p.numbered
	if p.numbered {
		s.ordinal, s.day, s.Number = p.ordinal, p.day, l.number(p.ordinal)
		h.sent(out{ordinal: s.ordinal, day: s.day, part: s.seq()})
	}
	return true
}

// numberParts gives a message of several parts the number of s, its first part with room for one. It
// queues the records of the parts that the SMSC accepted before.
func (l *Partition) numberParts(h *head, p *openPart, s *Sent) {
	p.numbered, p.ordinal, p.day = true, s.ordinal, s.day
	h.shard.hold(p.account, 0, -len(p.early))
	for i := range p.early {
		e := &p.early[i]
		b := l.queue.begin(journal.KindAccepted)
		if b == nil {
			break
		}
		e.sent.ordinal, e.sent.day, e.sent.Number = s.ordinal, s.day, l.number(s.ordinal)
		h.cover = max(h.cover, s.ordinal+1)
		b.appendSent(&e.sent, h.cover, e.id)
		b.mark(mark{head: h, bound: h.cover})
		l.queue.end(b)
	}
	p.early = nil
}

// numberLate gives a part that had no number the number that its message has got since. It returns
// false if the message has none yet, and keeps the part until the message gets one.
func (l *Partition) numberLate(h *head, s *Sent, messageID []byte) bool {
	p := h.partsOf(s)
	switch {
	case p == nil:
		return false
	case p.numbered:
		s.ordinal, s.day, s.Number = p.ordinal, p.day, l.number(p.ordinal)
		return true
	case h.shard.mayKeep(p.account):
		h.shard.hold(p.account, 0, 1)
		p.early = append(p.early, earlyPart{*s, bytes.Clone(messageID[:min(len(messageID), journal.MaxMessageID)])})
	}
	return false
}
