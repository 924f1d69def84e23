package ledger

import (
	"hash/maphash"
	"iter"

	"readback/relay/message"
)

// heads are the conversations of a shard. The keys are hashes, because a head holds its conversation
// anyway, and a second copy as the key would add a third to what a conversation takes.
type heads struct {
	hash   func(c message.Conversation) uint64
	byHash map[uint64]*head
	rare   map[message.Conversation]*head // those whose hash another one had before
}

func newHeads(seed maphash.Seed) heads {
	return heads{
		hash:   func(c message.Conversation) uint64 { return maphash.Comparable(seed, c) },
		byHash: make(map[uint64]*head), rare: make(map[message.Conversation]*head),
	}
}

// get returns the head of a conversation, nil if it is not in memory.
func (m *heads) get(c *message.Conversation) *head {
	if h := m.byHash[m.hash(*c)]; h != nil && h.conv == *c {
		return h
	}
	if len(m.rare) > 0 {
		return m.rare[*c]
	}
	return nil
}

// put adds the head of a conversation that has none.
func (m *heads) put(h *head) {
	key := m.hash(h.conv)
	if m.byHash[key] != nil {
		m.rare[h.conv] = h
		return
	}
	m.byHash[key] = h
}

func (m *heads) remove(h *head) {
	if key := m.hash(h.conv); m.byHash[key] == h {
		delete(m.byHash, key)
		return
	}
	delete(m.rare, h.conv)
}

func (m *heads) count() int { return len(m.byHash) + len(m.rare) }

// all returns the heads in no order. The caller may remove them meanwhile.
func (m *heads) all() iter.Seq[*head] {
	return func(yield func(*head) bool) {
		for _, h := range m.byHash {
			if !yield(h) {
				return
			}
		}
		for _, h := range m.rare {
			if !yield(h) {
				return
			}
		}
	}
}

// list is some of the heads of a shard, in an order. A head is in one list at a time.
type list struct{ oldest, newest *head }

// push makes h the newest.
func (l *list) push(h *head) {
	h.older, h.newer = l.newest, nil
	if l.newest != nil {
		l.newest.newer = h
	} else {
		l.oldest = h
	}
	l.newest = h
}

// touch makes h, which is in the list, the newest.
func (l *list) touch(h *head) {
	l.remove(h)
	l.push(h)
}

func (l *list) remove(h *head) {
	if h.older != nil {
		h.older.newer = h.newer
	} else {
		l.oldest = h.newer
	}
	if h.newer != nil {
		h.newer.older = h.older
	} else {
		l.newest = h.older
	}
	h.older, h.newer = nil, nil
}
