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
	heads heads
	idle  list             // heads without numbers out, by last use
	busy  list             // those with numbers out
	spare [][]out          // empty, for heads that get numbers out
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
		t.shard[i].heads, t.shard[i].by = newHeads(t.seed), make(map[string]share)
	}
	return t
}

func (t *table) of(receiver *message.Addr) *shard {
	return &t.shard[maphash.Bytes(t.seed, receiver.Bytes())%shards]
}

// reset drops all heads.
func (s *shard) reset(seed maphash.Seed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for h := range s.heads.all() {
		h.dropped = true
		h.tell()
	}
	s.heads, s.idle, s.busy = newHeads(seed), list{}, list{}
	s.open, s.early, s.by = 0, 0, make(map[string]share)
}

// count is how many conversations are in memory.
func (t *table) count() (n int) {
	for i := range t.shard {
		t.shard[i].mu.Lock()
		n += t.shard[i].heads.count()
		t.shard[i].mu.Unlock()
	}
	return n
}

// add inserts h. If the shard is full, add first evicts the oldest clean heads. It examines only a
// few heads per call and never evicts one that is not clean, so the shard can exceed its capacity.
func (s *shard) add(h *head, capacity int, now time.Time) {
	if s.heads.count() >= capacity {
		const looks = 8
		for i, old := 0, s.idle.oldest; i < looks && old != nil && s.heads.count() >= capacity; i++ {
			next := old.newer
			if old.clean(now) {
				s.idle.remove(old)
				s.heads.remove(old)
			} else {
				s.idle.touch(old)
			}
			old = next
		}
	}
	h.shard = s
	s.heads.put(h)
	s.idle.push(h)
}

// maxSpare and maxSpareRoom bound what a shard keeps of empty lists: how many, and how long each may be.
const (
	maxSpare     = 64
	maxSpareRoom = 16
)

// enlist puts h among those with numbers out.
func (s *shard) enlist(h *head) {
	s.idle.remove(h)
	s.busy.push(h)
	if n := len(s.spare); n > 0 {
		h.out, s.spare = s.spare[n-1], s.spare[:n-1]
	}
}

// delist puts h among those without numbers out. It takes the empty list from h, since most
// conversations are idle most of the time.
func (s *shard) delist(h *head) {
	s.busy.remove(h)
	s.idle.push(h)
	if len(s.spare) < maxSpare && cap(h.out) <= maxSpareRoom {
		s.spare = append(s.spare, h.out)
	}
	h.out = nil
}

// outstanding returns the senders who have a message with this number to the receiver on its way
// to the index; sender is one of them, or zero for any. The channel is closed when that has
// changed; nil when there are none.
func (t *table) outstanding(receiver, sender *message.Addr, number uint16, c cycle) (senders []message.Addr, changed <-chan struct{}) {
	sh := t.of(receiver)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if !sender.IsZero() {
		h := sh.heads.get(&message.Conversation{Sender: *sender, Receiver: *receiver})
		if h == nil || !h.isOut(number, c) {
			return nil, nil
		}
		return []message.Addr{*sender}, h.change()
	}
	for h := sh.busy.oldest; h != nil; h = h.newer {
		if h.conv.Receiver == *receiver && h.isOut(number, c) {
			senders = append(senders, h.conv.Sender)
			changed = h.change()
		}
	}
	return senders, changed
}

// forget evicts the clean heads of a receiver's conversations.
func (t *table) forget(receiver message.Addr, now time.Time) {
	sh := t.of(&receiver)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for h := range sh.heads.all() {
		if h.conv.Receiver == receiver && h.clean(now) {
			sh.idle.remove(h)
			sh.heads.remove(h)
		}
	}
}
