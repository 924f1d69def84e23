package ledger

import "time"

// head is what is under way in a conversation. It is guarded by its shard. A conversation has one from its
// next message on until all that is settled and the log knows it, and nobody refers to the head any more:
// then only its slot is left. Distances are between ordinals; the number is made of one at the very end.
type head struct {
	*slot
	shard *shard

	logged uint64  // the log knows that the ordinals below are given; next-logged ≤ window
	cover  uint64  // the log will know it, once what is queued is in it
	out    []out   // given, and not settled: oldest first; nil when there are none
	parts  *concat // messages of several parts; nil before the first

	changed chan struct{} // closed when logged rises or a number is settled; nil when nobody waits

	older, newer *head // in the list of those with numbers out

	// refs is who goes on with the head without holding the lock of the shard: messages that wait for the
	// SMSC's answer, marks of records that are queued, and callers of Assign that wait.
	refs uint32

	claiming bool // the record that numbers are assigned in this epoch is queued
	dropped  bool // it is not in the table any more: the ledger has begun again
}

// out is a message or a part that has a number, and is not in the index yet.
type out struct {
	ordinal uint64
	day     uint16
	part    uint8
}

// give takes the next ordinal.
func (h *head) give() uint64 {
	h.stalled = false
	h.next++
	return h.next - 1
}

// sent notes that a message or a part of one is on its way.
func (h *head) sent(o out) {
	if len(h.out) == 0 {
		h.shard.enlist(h)
	}
	h.out = append(h.out, o)
}

// settle notes that the outcome of a message is known: its entry is in the index, or it will have
// none. It searches from the oldest message on, which is usually the one.
func (h *head) settle(ordinal uint64, part uint8) {
	for i, o := range h.out {
		if o.ordinal != ordinal || o.part != part {
			continue
		}
		h.out = append(h.out[:i], h.out[i+1:]...)
		if len(h.out) == 0 {
			h.shard.delist(h)
		}
		break
	}
	h.tell()
}

// raise notes that the log knows the ordinals below bound to be given.
func (h *head) raise(bound uint64) {
	if bound > h.logged {
		h.logged = bound
		h.tell()
	}
}

// tell closes the channel that change has returned.
func (h *head) tell() {
	if h.changed != nil {
		close(h.changed)
		h.changed = nil
	}
}

// change returns a channel that is closed when logged rises or a number is settled.
func (h *head) change() <-chan struct{} {
	if h.changed == nil {
		h.changed = make(chan struct{})
	}
	return h.changed
}

// refer notes that somebody goes on with h after the lock of the shard is released. Until it is let go, h is
// not evicted, nor given to another conversation: a waiter would take its number from it, and the next
// message of the conversation the same one from another head.
func (h *head) refer() { h.refs++ }

// letGo ends a refer.
func (h *head) letGo() {
	h.refs--
	h.shard.rest(h)
}

// idle reports whether nothing is under way, but for parts that are still to come: the index knows next, and
// nobody goes on with h.
func (h *head) idle() bool {
	return h.next == h.logged && len(h.out) == 0 && h.changed == nil && h.refs == 0
}

// clean reports whether the index knows all that h does and nobody goes on with it, so that the conversation
// may be evicted.
func (h *head) clean(now time.Time) bool { return h.idle() && h.expireParts(now) }

// isOut reports whether a message with this number is on its way to the index.
func (h *head) isOut(number uint16, c cycle) bool {
	for _, o := range h.out {
		if c.number(o.ordinal) == number {
			return true
		}
	}
	return false
}
