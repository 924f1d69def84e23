package ledger

import "time"

// Bounds of the messages whose parts are still coming. A part beyond them is
// numbered as a message of its own.
const (
	maxOpenPerHead  = 32
	maxOpenPerShard = 1 << 10
	maxEarlyParts   = 1 << 12          // of a shard: taken by the SMSC before their message had a number
	shares          = 4                // one account may have this part of what a shard may, of either
	partsWait       = 5 * time.Minute  // after the last part
	partsSweep      = 10 * time.Second // between two sweeps of a shard that is full
)

// openPart is a concatenated message of which not all parts were taken by the SMSC:
// they share one number, from the first part on that had room for it.
type openPart struct {
	account  string
	ref      uint16
	wide     bool
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

func (b *bits) add(i uint8) { b[i/64] |= 1 << (i % 64) }

func (b *bits) remove(i uint8) { b[i/64] &^= 1 << (i % 64) }

// all reports whether 1…total are in the set.
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

// isPart reports whether s is one part of several.
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

// join returns the open message that s is a further part of, nil if there is none. A part that came
// before is a repetition and has the same number, unless the message is complete: then s is the
// first part of a new message.
func (h *head) join(s *Sent) *openPart {
	for i := range h.open() {
		p := &h.parts.open[i]
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

// isOpen reports whether the message of s is open and has its number.
func (h *head) isOpen(s *Sent) bool {
	p := h.partsOf(s)
	return p != nil && p.numbered && p.takes(s)
}

// partsOf returns the open message with the account and the reference of s, nil if there
// is none.
func (h *head) partsOf(s *Sent) *openPart {
	for i := range h.open() {
		if p := &h.parts.open[i]; p.holds(s) {
			return p
		}
	}
	return nil
}

func (p *openPart) holds(s *Sent) bool {
	return p.ref == s.Part.Ref && p.wide == s.Part.Wide && p.total == s.Part.Total && p.account == s.Account
}

// takes reports whether s belongs to p. It does not after partsWait, nor if p is complete.
func (p *openPart) takes(s *Sent) bool {
	return s.At.Sub(p.last) <= partsWait && !(p.seen.has(s.Part.Seq) && p.seen.all(p.total))
}

// openParts notes the first part of a message; nil if there are too many.
func (h *head) openParts(s *Sent) *openPart {
	if !h.mayOpen(s.Account) {
		h.expireParts(s.At)
		h.shard.sweepParts(s.At)
	}
	if !h.mayOpen(s.Account) {
		return nil
	}
	p := openPart{account: s.Account, ref: s.Part.Ref, wide: s.Part.Wide, total: s.Part.Total, last: s.At}
	p.seen.add(s.Part.Seq)
	c := h.concat()
	c.open = append(c.open, p)
	h.shard.hold(s.Account, 1, 0)
	return &c.open[len(c.open)-1]
}

// mayOpen reports whether account may have another open message in the conversation.
func (h *head) mayOpen(account string) bool {
	sh := h.shard
	return len(h.open()) < maxOpenPerHead && sh.open < maxOpenPerShard && sh.by[account].open < maxOpenPerShard/shares
}

// mayKeep reports whether the shard may keep another early part of account.
func (s *shard) mayKeep(account string) bool {
	return s.early < maxEarlyParts && s.by[account].early < maxEarlyParts/shares
}

// hold counts messages that account has opened or, below zero, closed, and early parts likewise.
func (s *shard) hold(account string, open, early int) {
	s.open += open
	s.early += early
	by := s.by[account]
	by.open += open
	by.early += early
	if s.by[account] = by; by == (share{}) {
		delete(s.by, account)
	}
}

// sweepParts expires the open messages of all conversations of the shard. It walks all heads, and
// therefore does so seldom.
func (s *shard) sweepParts(now time.Time) {
	if now.Sub(s.swept) < partsSweep {
		return
	}
	s.swept = now
	for h := range s.heads.each() {
		h.expireParts(now)
	}
}

// partAnswered notes the SMSC's answer to a part. A part that was refused may come again. A message
// whose parts are all accepted is complete, and is forgotten.
func (h *head) partAnswered(s *Sent, accepted bool) {
	for i := range h.open() {
		p := &h.parts.open[i]
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

// expireParts forgets the messages whose further parts did not come. It reports whether none is left.
func (h *head) expireParts(now time.Time) bool {
	for i := len(h.open()) - 1; i >= 0; i-- {
		if now.Sub(h.parts.open[i].last) > partsWait {
			h.closePart(i)
		}
	}
	return len(h.open()) == 0
}

func (h *head) closePart(i int) {
	p := &h.parts.open[i]
	h.usedRef(p.ref, p.wide)
	h.shard.hold(p.account, -1, -len(p.early))
	h.parts.open = append(h.parts.open[:i], h.parts.open[i+1:]...)
}
