package ledger

import (
	"hash/maphash"
	"sync"
	"time"

	"readback/relay/message"
)

// shards is a power of two.
const shards = 64

// table is the conversations in memory, in shards by receiver: a read response that
// names no sender needs to look in one of them only.
type table struct {
	seed     maphash.Seed
	shard    [shards]shard
	capacity int // of a shard
}

// shard is a part of the table, with a lock of its own.
type shard struct {
	mu    sync.Mutex
	slots slots            // of all conversations
	hand  uint32           // the place that evict looks at next
	heads heads            // of those with something under way
	busy  list             // heads with numbers out
	spare [][]out          // empty, for heads that get numbers out
	parts int              // heads that have had messages in parts
	open  int              // open messages in parts, of all heads
	by    map[string]share // what each account has of open and early
	swept time.Time        // when all heads were last looked through for those that are too old
	early int              // early parts of all heads
}

// share is what one account holds in a shard.
type share struct{ open, early int }

func newTable(conversations int) *table {
	t := &table{seed: maphash.MakeSeed(), capacity: max(conversations/shards, 1)}
	for i := range t.shard {
		t.shard[i].slots, t.shard[i].by = newSlots(), make(map[string]share)
	}
	return t
}

func (t *table) of(receiver *message.Addr) *shard {
	return &t.shard[maphash.Bytes(t.seed, receiver.Bytes())%shards]
}

// at returns the shard of a conversation, and its hash there.
func (t *table) at(c *message.Conversation) (sh *shard, key uint32) {
	const odd = 0x9E3779B97F4A7C15 // sender and receiver may be the same
	r := maphash.Bytes(t.seed, c.Receiver.Bytes())
	return &t.shard[r%shards], uint32((r*odd + maphash.Bytes(t.seed, c.Sender.Bytes())) >> 32)
}

// reset drops all conversations.
func (s *shard) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for h := range s.heads.each() {
		h.dropped = true
		h.tell()
	}
	s.slots, s.hand, s.heads, s.busy = newSlots(), 0, heads{}, list{}
	s.parts, s.open, s.early, s.by = 0, 0, 0, make(map[string]share)
}

// count is how many conversations are in memory.
func (t *table) count() (n int) {
	for i := range t.shard {
		t.shard[i].mu.Lock()
		n += t.shard[i].slots.count()
		t.shard[i].mu.Unlock()
	}
	return n
}

// get returns the head of a conversation; nil if it has none, since nothing is under way in it.
func (s *shard) get(key uint32, c *message.Conversation) *head {
	if at := s.slots.get(key, c); at != nil {
		return s.heads.at(at)
	}
	return nil
}

// wake returns the head of a conversation in memory, and makes one if it has none.
func (s *shard) wake(at *slot) *head {
	h := s.heads.at(at)
	if h == nil {
		h = s.heads.put(at)
		h.shard = s
	}
	return h
}

// rest takes its head from a conversation in which nothing is under way any more. The head of one that has
// had messages in parts stays until the conversation is evicted.
func (s *shard) rest(h *head) {
	switch {
	case h.dropped || !h.idle():
	case h.parts == nil:
		s.heads.remove(h)
	case len(h.parts.open) == 0:
		h.parts.open = nil // its room is more than all the rest
	}
}

// maxSpare and maxSpareRoom bound what a shard keeps of empty lists: how many, and how long each may be.
const (
	maxSpare     = 64
	maxSpareRoom = 16
)

// enlist puts h among those with numbers out.
func (s *shard) enlist(h *head) {
	s.busy.push(h)
	if n := len(s.spare); n > 0 {
		h.out, s.spare = s.spare[n-1], s.spare[:n-1]
	}
}

// delist removes h from them, and takes the empty list from it.
func (s *shard) delist(h *head) {
	s.busy.remove(h)
	if len(s.spare) < maxSpare && cap(h.out) <= maxSpareRoom {
		s.spare = append(s.spare, h.out)
	}
	h.out = nil
}

// outstanding returns the senders who have a message with this number to the receiver on its way
// to the index; sender is one of them, or zero for any. The channel is closed when that has
// changed; nil when there are none.
func (t *table) outstanding(receiver, sender *message.Addr, number uint16, cy cycle) (senders []message.Addr, changed <-chan struct{}) {
	c := message.Conversation{Sender: *sender, Receiver: *receiver}
	sh, key := t.at(&c)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if !sender.IsZero() {
		h := sh.get(key, &c)
		if h == nil || !h.isOut(number, cy) {
			return nil, nil
		}
		return []message.Addr{*sender}, h.change()
	}
	for h := sh.busy.oldest; h != nil; h = h.newer {
		if h.conv.Receiver == *receiver && h.isOut(number, cy) {
			senders = append(senders, h.conv.Sender)
			changed = h.change()
		}
	}
	return senders, changed
}
