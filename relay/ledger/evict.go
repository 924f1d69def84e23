package ledger

import (
	"time"

	"readback/relay/message"
)

// add inserts a conversation with what the index knows of it, and returns its head. If the shard is full, add
// first evicts others: see evict.
func (s *shard) add(key uint32, c *message.Conversation, n loaded, capacity int, now time.Time) *head {
	s.evict(capacity, now)
	at := s.slots.put(key, c)
	at.next, at.claimed = n.next, n.claimed
	return s.wake(at)
}

// evict makes room for one more conversation: it evicts clean ones that were not used since it looked at them
// before (second chance). It examines only a few per call, and takes one that was used if it finds no other. It
// never evicts one that is not clean, so the shard can exceed its capacity.
func (s *shard) evict(capacity int, now time.Time) {
	const looks = 8
	var used [looks]uint32
	n := 0
	for range min(looks, s.slots.made-1) {
		if !s.isFull(capacity) {
			return
		}
		place := s.turn()
		switch at := s.slots.at(place); {
		case !at.taken || !s.clean(at, now):
		case at.used:
			at.used, used[n] = false, place
			n++
		default:
			s.drop(place)
		}
	}
	for _, place := range used[:n] {
		if s.isFull(capacity) {
			s.drop(place)
		}
	}
}

// isFull reports whether s has as many conversations as it has room for. One that has had messages in parts
// takes the room of three.
func (s *shard) isFull(capacity int) bool { return s.slots.count()+2*s.parts >= capacity }

// turn moves the hand to the next place, and returns it.
func (s *shard) turn() uint32 {
	if s.hand++; s.hand >= s.slots.made {
		s.hand = 1
	}
	return s.hand
}

// clean reports whether a conversation may be evicted.
func (s *shard) clean(at *slot, now time.Time) bool {
	h := s.heads.at(at)
	return h == nil || h.clean(now)
}

// drop evicts a conversation that is clean.
func (s *shard) drop(place uint32) {
	if h := s.heads.at(s.slots.at(place)); h != nil {
		if h.parts != nil {
			s.parts--
		}
		s.heads.remove(h)
	}
	s.slots.remove(place)
}

// forget evicts the clean conversations of a receiver.
func (t *table) forget(receiver message.Addr, now time.Time) {
	sh := t.of(&receiver)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for place, at := range sh.slots.all() {
		if at.conv.Receiver == receiver && sh.clean(at, now) {
			sh.drop(place)
		}
	}
}
