package ledger

import (
	"iter"

	"readback/relay/message"
)

// chunk is how many slots are allocated together.
const chunk = 32

// slots are the conversations of a shard, by places from 1 on. A slot never moves. The keys of byKey are hashes,
// because a slot holds its conversation anyway.
type slots struct {
	chunks []*[chunk]slot
	made   uint32 // the places that there are, with 0
	free   uint32 // the first place that is free again; 0: none is
	byKey  map[uint32]uint32
	rare   map[message.Conversation]uint32 // those whose hash another one had before
}

func newSlots() slots {
	return slots{made: 1, byKey: make(map[uint32]uint32), rare: make(map[message.Conversation]uint32)}
}

// at returns the slot at a place.
func (m *slots) at(place uint32) *slot { return &m.chunks[place/chunk][place%chunk] }

// get returns the slot of a conversation with this hash, nil if it is not in memory.
func (m *slots) get(key uint32, c *message.Conversation) *slot {
	if place := m.byKey[key]; place > 0 {
		if s := m.at(place); s.conv == *c {
			return s
		}
	}
	if len(m.rare) > 0 {
		if place := m.rare[*c]; place > 0 {
			return m.at(place)
		}
	}
	return nil
}

// put returns a slot for a conversation that has none.
func (m *slots) put(key uint32, c *message.Conversation) *slot {
	place := m.room()
	s := m.at(place)
	*s = slot{conv: *c, key: key, taken: true}
	if m.byKey[key] > 0 {
		m.rare[*c] = place
	} else {
		m.byKey[key] = place
	}
	return s
}

// room returns a free place.
func (m *slots) room() uint32 {
	if place := m.free; place > 0 {
		m.free = uint32(m.at(place).next)
		return place
	}
	if int(m.made/chunk) == len(m.chunks) {
		m.chunks = append(m.chunks, new([chunk]slot))
	}
	m.made++
	return m.made - 1
}

// remove frees a place that is taken.
func (m *slots) remove(place uint32) {
	s := m.at(place)
	if m.byKey[s.key] == place {
		delete(m.byKey, s.key)
	} else {
		delete(m.rare, s.conv)
	}
	*s = slot{next: uint64(m.free)}
	m.free = place
}

func (m *slots) count() int { return len(m.byKey) + len(m.rare) }

// all returns the slots that are taken, by place. The caller may remove them meanwhile.
func (m *slots) all() iter.Seq2[uint32, *slot] {
	return func(yield func(uint32, *slot) bool) {
		for place := uint32(1); place < m.made; place++ {
			if s := m.at(place); s.taken && !yield(place, s) {
				return
			}
		}
	}
}
