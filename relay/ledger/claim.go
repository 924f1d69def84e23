package ledger

import "readback/relay/journal"

// The first number of a conversation in an epoch waits until the log knows that numbers are assigned
// there: the claim. If the epoch ends without a clean stop, only conversations with a claim have
// numbers that the log may not know. When many conversations have waited, the ledger logs once that
// it assigns numbers without claims. Then all conversations skip W numbers after such an end, so it
// does that in few epochs only: the skips must not add up to a cycle.
const (
	maxClaims    = 1000 // in an epoch, before numbers are assigned without
	maxUnclaimed = 4    // epochs without a clean stop in which that was so, within Keep and MaxLasting
)

// mayGo reports whether the first number of h need not wait for its claim, and queues the claim if it
// must. The lock of the shard is held.
func (l *Partition) mayGo(h *head) bool {
	if h.claimed || l.unclaimed.Load() {
		return true
	}
	if !h.claiming {
		l.claim(h)
	}
	return false
}

// claim queues the record that numbers are assigned in the conversation of h.
func (l *Partition) claim(h *head) {
	b := l.queue.begin(journal.KindHead)
	if b == nil {
		return
	}
	b.buf = journal.AppendHead(b.buf, &h.conv, h.next)
	b.mark(mark{head: h, bound: h.next, claims: true})
	h.claiming = true
	l.queue.end(b)
	if l.claims.Add(1) == maxClaims && l.begun.Load().mayLeaveClaims {
		l.leaveClaims()
	}
}

// leaveClaims queues the record that numbers are assigned without claims.
func (l *Partition) leaveClaims() {
	b := l.queue.begin(journal.KindUnclaimed)
	if b == nil {
		return // then claims go on
	}
	b.buf = journal.AppendUnclaimed(b.buf)
	b.marks = append(b.marks, mark{})
	l.queue.end(b)
}

// mark notes that a record is in the log, and in the index.
func (l *Partition) mark(m *mark) {
	if m.head == nil {
		l.unclaimed.Store(true)
		return
	}
	s := m.head.shard
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.head.dropped {
		return
	}
	if m.claims {
		m.head.claimed = true
		m.head.tell()
	}
	m.head.raise(m.bound)
	if m.settles {
		m.head.settle(m.ordinal, m.part)
	}
	m.head.letGo()
}
