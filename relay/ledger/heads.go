package ledger

import "iter"

// maxSpareHeads is how many heads a shard keeps for later.
const maxSpareHeads = 64

// heads are the heads of a shard, by places from 1 on.
type heads struct {
	all   []*head  // nil where the place is free
	free  []uint32 // places
	spare []*head
}

// at returns the head of a slot, nil if it has none.
func (m *heads) at(s *slot) *head {
	if s.head == 0 {
		return nil
	}
	return m.all[s.head-1]
}

// put gives a slot a head.
func (m *heads) put(s *slot) *head {
	var h *head
	if n := len(m.spare); n > 0 {
		h, m.spare = m.spare[n-1], m.spare[:n-1]
	} else {
		h = new(head)
	}
	if n := len(m.free); n > 0 {
		s.head, m.free = m.free[n-1], m.free[:n-1]
	} else {
		m.all = append(m.all, nil)
		s.head = uint32(len(m.all))
	}
	m.all[s.head-1] = h
	*h = head{slot: s, logged: s.next, cover: s.next}
	return h
}

// remove takes its head from a slot, for another conversation. Nobody may refer to the head any more.
func (m *heads) remove(h *head) {
	m.all[h.slot.head-1] = nil
	m.free = append(m.free, h.slot.head)
	h.slot.head = 0
	*h = head{shard: h.shard, dropped: true}
	if len(m.spare) < maxSpareHeads {
		m.spare = append(m.spare, h)
	}
}

// each returns the heads in no order.
func (m *heads) each() iter.Seq[*head] {
	return func(yield func(*head) bool) {
		for _, h := range m.all {
			if h != nil && !yield(h) {
				return
			}
		}
	}
}
