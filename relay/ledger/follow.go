package ledger

import (
	"bytes"

	"readback/internal/crash"
	"readback/relay/journal"
)

// Follow notes a part that goes on without a number, since it has no room for one: its
// message may get one with another part, and is then known by the message_ids of all. It never
// waits. Each Follow that returns true is followed by one Accept or Refuse. It sets
// s.AsIs if an earlier part of the message had it set, or nothing is known of one.
func (l *Partition) Follow(s *Sent) bool {
	defer crash.OnPanic()
	if !s.isPart() || l.check(s) != nil {
		return false
	}
	sh := l.table.of(&s.Conversation.Receiver)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if !l.status.up.Load() {
		s.AsIs = s.AsIs || sh.keepsForm(s)
		return false
	}
	h, err := l.head(sh, s)
	if err != nil {
		return false
	}
	asIs := s.AsIs || h.goesAsIs(s)
	p := h.join(s)
	if p == nil {
		p = h.openParts(s)
	}
	if p == nil {
		return false
	}
	p.asIs = p.asIs || asIs
	s.head, s.AsIs, s.follows = h, p.asIs, !p.numbered
	if p.numbered {
		s.ordinal, s.day, s.Number = p.ordinal, p.day, l.number(p.ordinal)
		h.sent(out{ordinal: s.ordinal, day: s.day, part: s.seq()})
	}
	return true
}

// goesAsIs tells whether a part must keep its form: an earlier one has, or it is the last
// part and comes first, so that nothing is known of those that are longer.
func (h *head) goesAsIs(s *Sent) bool {
	if !s.Converts || !s.isPart() {
		return false
	}
	if p := h.partsOf(s); p != nil && p.takes(s) {
		return p.asIs
	}
	return s.Part.Seq == s.Part.Total
}

// keepsForm tells whether a part that cannot be noted must keep its form: the others cannot
// be noted either, and may have no room for another one. Only where an earlier one has
// changed it changes, too.
func (sh *shard) keepsForm(s *Sent) bool {
	if !s.Converts || !s.isPart() {
		return false
	}
	h := sh.heads[s.Conversation]
	if h == nil {
		return true
	}
	p := h.partsOf(s)
	return p == nil || !p.takes(s) || p.asIs
}

// numberParts gives a message of several parts the number of s, the first part of it to
// have room, and has the log know of those that the SMSC took before.
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
		b.marks = append(b.marks, mark{head: h, bound: h.cover})
		l.queue.end(b)
	}
	p.early = nil
}

// numberLate gives a part that followed the number that its message has by now; false if it
// has none yet: then it is kept for when it gets one.
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
