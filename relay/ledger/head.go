package ledger

import (
	"time"

	"readback/relay/message"
)

// head is what the ledger remembers of a conversation. It is guarded by its shard.
// Distances are between ordinals; the number is made of one at the very end.
type head struct {
	conv  message.Conversation
	shard *shard

	next   uint64  // the ordinal of the next message
	logged uint64  // the log knows that the ordinals below are given; next-logged ≤ window
	cover  uint64  // the log will know it, once what is queued is in it
	out    []out   // given, and not settled: oldest first; nil when there are none
	parts  *concat // messages of several parts; nil before the first

	claimed  bool // the log knows that numbers are assigned in this epoch
	claiming bool // the record of that is queued
	dropped  bool // it is not in the table any more: the ledger has begun again
	stalled  bool // a message has waited for a number in vain, and none was given since

	waiting uint32 // callers of Assign that have released the lock of the shard, and go on with this head

	changed chan struct{} // closed when logged rises or a number is settled; nil when nobody waits

	older, newer *head // in a list of the shard: of those with numbers out, or of the others
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

// clean reports whether the index knows all that h does and nobody goes on with it, so that h may be evicted.
// A waiter that has been told has not locked the shard yet. If h were evicted meanwhile, the waiter would
// take its number from h, and the next message of the conversation the same one from another head.
func (h *head) clean(now time.Time) bool {
	return h.next == h.logged && len(h.out) == 0 && h.changed == nil && h.waiting == 0 && h.expireParts(now)
}

// isOut reports whether a message with this number is on its way to the index.
func (h *head) isOut(number uint16, c cycle) bool {
	for _, o := range h.out {
		if c.number(o.ordinal) == number {
			return true
		}
	}
	return false
}
