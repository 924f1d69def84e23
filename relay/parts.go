package relay

import (
	"bytes"
	"slices"
	"time"
)

// Bounds of the messages whose parts are still coming. A part beyond them is
// numbered as a message of its own.
const (
	maxOpenPerHead  = 32
	maxOpenPerShard = 1 << 10
	maxEarlyParts   = 1 << 12         // of a shard: taken by the SMSC before their message had a number
	partsWait       = 5 * time.Minute // after the last part
)

// openPart is a concatenated message of which not all parts were taken by the SMSC:
// they share one number, from the first part on that had room for it.
type openPart struct {
	account  string
	ref      uint16
	wide     bool
	asIs     bool // a part went on in a form that the others must have, too
	total    uint8
	numbered bool
	ordinal  uint64 // once it is numbered
	day      uint16
	last     time.Time
	seen     bits // parts that came
	accepted bits // parts that the SMSC took
	early    []earlyPart
}

// earlyPart is a part that the SMSC took before its message had a number.
type earlyPart struct {
	sent Sent
	id   []byte // message_id
}

// bits is a set of part numbers.
type bits [4]uint64

func (b *bits) has(i uint8) bool { return b[i/64]&(1<<(i%64)) != 0 }
func (b *bits) add(i uint8)      { b[i/64] |= 1 << (i % 64) }
func (b *bits) remove(i uint8)   { b[i/64] &^= 1 << (i % 64) }

// all tells whether 1…total are in the set.
func (b *bits) all(total uint8) bool {
	for i := uint8(1); ; i++ {
		if !b.has(i) {
			return false
		}
		if i == total {
			return true
		}
	}
}

// isPart tells whether s is one part of several.
func (s *Sent) isPart() bool {
	return s.Part.Total > 1 && s.Part.Seq > 0 && s.Part.Seq <= s.Part.Total
}

// seq is the number of the part; 0 for a message of its own.
func (s *Sent) seq() uint8 {
	if s.isPart() {
		return s.Part.Seq
	}
	return 0
}

// join finds the message that s is a further part of. A part that came already is a
// repetition and shares the number too, unless its message is complete: then it is
// the first of a new one.
func (h *head) join(s *Sent) *openPart {
	for i := range h.parts {
		p := &h.parts[i]
		if !p.holds(s) {
			continue
		}
		if !p.takes(s) {
			h.closePart(i)
			return nil
		}
		p.last = s.At
		p.seen.add(s.Part.Seq)
		return p
	}
	return nil
}

// isOpen tells whether join would find the message of s.
func (h *head) isOpen(s *Sent) bool {
	p := h.partsOf(s)
	return p != nil && p.numbered && p.takes(s)
}

// partsOf returns the open message with the account and the reference of s, nil if there
// is none.
func (h *head) partsOf(s *Sent) *openPart {
	for i := range h.parts {
		if h.parts[i].holds(s) {
			return &h.parts[i]
		}
	}
	return nil
}

func (p *openPart) holds(s *Sent) bool {
	return p.ref == s.Part.Ref && p.wide == s.Part.Wide && p.total == s.Part.Total && p.account == s.Account
}

// takes tells whether s belongs to p: not after the wait, and not when p is complete.
func (p *openPart) takes(s *Sent) bool {
	return s.At.Sub(p.last) <= partsWait && !(p.seen.has(s.Part.Seq) && p.seen.all(p.total))
}

// openParts notes the first part of a message; nil if there are too many.
func (h *head) openParts(s *Sent) *openPart {
	if len(h.parts) >= maxOpenPerHead || h.shard.open >= maxOpenPerShard {
		h.expireParts(s.At)
	}
	if len(h.parts) >= maxOpenPerHead || h.shard.open >= maxOpenPerShard {
		return nil
	}
	p := openPart{account: s.Account, ref: s.Part.Ref, wide: s.Part.Wide, total: s.Part.Total, last: s.At}
	p.seen.add(s.Part.Seq)
	h.parts = append(h.parts, p)
	h.shard.open++
	return &h.parts[len(h.parts)-1]
}

// partAnswered notes what the SMSC said of a part: one that it refused may come again,
// and when it took them all the message is done.
func (h *head) partAnswered(s *Sent, accepted bool) {
	for i := range h.parts {
		p := &h.parts[i]
		if !p.holds(s) || p.numbered && !s.follows && p.ordinal != s.ordinal {
			continue
		}
		if !accepted {
			p.seen.remove(s.Part.Seq)
			return
		}
		p.accepted.add(s.Part.Seq)
		if p.accepted.all(p.total) {
			h.closePart(i)
		}
		return
	}
}

// expireParts forgets messages whose further parts did not come, and tells whether
// none is left.
func (h *head) expireParts(now time.Time) bool {
	for i := len(h.parts) - 1; i >= 0; i-- {
		if now.Sub(h.parts[i].last) > partsWait {
			h.closePart(i)
		}
	}
	return len(h.parts) == 0
}

func (h *head) closePart(i int) {
	p := &h.parts[i]
	h.usedRef(p.ref, p.wide)
	h.shard.early -= len(p.early)
	h.parts = append(h.parts[:i], h.parts[i+1:]...)
	h.shard.open--
}

// lateRef is a reference and its length in one value that is not zero.
func lateRef(ref uint16, wide bool) uint32 {
	if wide {
		return 2<<16 | uint32(ref)
	}
	return 1<<16 | uint32(ref)
}

func (h *head) usedRef(ref uint16, wide bool) {
	h.lately[h.refs%len(h.lately)] = lateRef(ref, wide)
	h.refs++
}

// takeRef returns a reference for the message with this ordinal: none that a message of the
// conversation has that is open or was so lately. Ordinals differ, so those of the
// gateway's own come round after 256 or 65,536 messages.
func (h *head) takeRef(ordinal uint64, wide bool) uint16 {
	for ref := ordinal; ; ref++ {
		r := uint16(ref)
		if !wide {
			r &= 0xFF
		}
		if !h.usesRef(r, wide) {
			h.usedRef(r, wide)
			return r
		}
	}
}

func (h *head) usesRef(ref uint16, wide bool) bool {
	for i := range h.parts {
		if h.parts[i].ref == ref && h.parts[i].wide == wide {
			return true
		}
	}
	return slices.Contains(h.lately[:], lateRef(ref, wide))
}

// Follow notes a part that goes on without a number, since it has no room for one: its
// message may get one with another part, and is then known by the message_ids of all. It never
// waits. Each Follow that returns true is followed by one Accept or Refuse. It sets
// s.AsIs if an earlier part of the message had it set.
func (l *Ledger) Follow(s *Sent) bool {
	if !s.isPart() || l.check(s) != nil {
		return false
	}
	sh := l.table.of(&s.Conversation.Receiver)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if !l.status.up.Load() {
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
	if p := h.partsOf(s); p != nil {
		return p.asIs
	}
	return s.Part.Seq == s.Part.Total
}

// numberParts gives a message of several parts the number of s, the first part of it to
// have room, and has the log know of those that the SMSC took before.
func (l *Ledger) numberParts(h *head, p *openPart, s *Sent) {
	p.numbered, p.ordinal, p.day = true, s.ordinal, s.day
	h.shard.early -= len(p.early)
	for i := range p.early {
		e := &p.early[i]
		b := l.queue.begin(kindAccepted)
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
func (l *Ledger) numberLate(h *head, s *Sent, messageID []byte) bool {
	p := h.partsOf(s)
	switch {
	case p == nil:
		return false
	case p.numbered:
		s.ordinal, s.day, s.Number = p.ordinal, p.day, l.number(p.ordinal)
		return true
	case h.shard.early < maxEarlyParts:
		h.shard.early++
		p.early = append(p.early, earlyPart{*s, bytes.Clone(messageID)})
	}
	return false
}
