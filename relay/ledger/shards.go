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
	mu     sync.Mutex
	heads  map[message.Conversation]*head
	oldest *head // of all heads, by last use
	newest *head
	busy   *head            // the first of those with numbers out
	open   int              // open messages in parts, of all heads
	by     map[string]share // what each account has of open and early
	swept  time.Time        // when all heads were last looked through for those that are too old
	early  int              // early parts of all heads
}

// share is what one account holds in a shard.
type share struct{ open, early int }

func newTable(conversations int) *table {
	t := &table{seed: maphash.MakeSeed(), capacity: max(conversations/shards, 1)}
	for i := range t.shard {
		t.shard[i].heads, t.shard[i].by = make(map[message.Conversation]*head), make(map[string]share)
	}
	return t
}

func (t *table) of(receiver *message.Addr) *shard {
	return &t.shard[maphash.Bytes(t.seed, receiver.Bytes())%shards]
}

// count is how many conversations are in memory.
func (t *table) count() (n int) {
	for i := range t.shard {
		t.shard[i].mu.Lock()
		n += len(t.shard[i].heads)
		t.shard[i].mu.Unlock()
	}
	return n
}

// add inserts h. If the shard is full, add first evicts the oldest clean heads. It examines only a
// few heads per call and never evicts one that is not clean, so the shard can exceed its capacity.
func (s *shard) add(h *head, capacity int, now time.Time) {
	if len(s.heads) >= capacity {
		const looks = 8
		for i, old := 0, s.oldest; i < looks && old != nil && len(s.heads) >= capacity; i++ {
			next := old.newer
			if old.clean(now) {
				s.unlink(old)
				delete(s.heads, old.conv)
			} else {
				s.touch(old)
			}
			old = next
		}
	}
	h.shard = s
	s.heads[h.conv] = h
	s.link(h)
}

// touch makes h the newest.
func (s *shard) touch(h *head) {
	if s.newest != h {
		s.unlink(h)
		s.link(h)
	}
}

func (s *shard) link(h *head) {
	h.older, h.newer = s.newest, nil
	if s.newest != nil {
		s.newest.newer = h
	} else {
		s.oldest = h
	}
	s.newest = h
}

func (s *shard) unlink(h *head) {
	if h.older != nil {
		h.older.newer = h.newer
	} else {
		s.oldest = h.newer
	}
	if h.newer != nil {
		h.newer.older = h.older
	} else {
		s.newest = h.older
	}
	h.older, h.newer = nil, nil
}

// enlist puts h among those with numbers out.
func (s *shard) enlist(h *head) {
	h.busyPrev, h.busyNext = nil, s.busy
	if s.busy != nil {
		s.busy.busyPrev = h
	}
	s.busy = h
}

func (s *shard) delist(h *head) {
	if h.busyPrev != nil {
		h.busyPrev.busyNext = h.busyNext
	} else {
		s.busy = h.busyNext
	}
	if h.busyNext != nil {
		h.busyNext.busyPrev = h.busyPrev
	}
	h.busyPrev, h.busyNext = nil, nil
}

// outstanding returns the senders who have a message with this number to the receiver on its way
// to the index; sender is one of them, or zero for any. The channel is closed when that has
// changed; nil when there are none.
func (t *table) outstanding(receiver, sender *message.Addr, number uint16, c cycle) (senders []message.Addr, changed <-chan struct{}) {
	sh := t.of(receiver)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if !sender.IsZero() {
		h := sh.heads[message.Conversation{Sender: *sender, Receiver: *receiver}]
		if h == nil || !h.isOut(number, c) {
			return nil, nil
		}
		return []message.Addr{*sender}, h.change()
	}
	for h := sh.busy; h != nil; h = h.busyNext {
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
	for c, h := range sh.heads {
		if c.Receiver == receiver && h.clean(now) {
			sh.unlink(h)
			delete(sh.heads, c)
		}
	}
}
