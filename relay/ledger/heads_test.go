package ledger

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"readback/relay/message"
	"readback/relay/relaytest"
)

// A conversation gives up its head when nothing is under way in it and nobody refers to the head. What is
// left knows the next number, and that numbers are assigned in this epoch.
func TestHeadRests(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*head)
		want   bool
	}{
		{"nothing is under way", func(*head) {}, true},
		{"a number is not in the log", func(h *head) { h.next++ }, false},
		{"a number is out", func(h *head) { h.out = make([]out, 1) }, false},
		{"somebody waits for a change", func(h *head) { h.change() }, false},
		{"somebody goes on with it", func(h *head) { h.refer() }, false},
		{"it had messages in parts", func(h *head) { h.usedRef(1, false) }, false},
		{"the ledger has begun again", func(h *head) { h.dropped = true }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newShard()
			h := s.addForTest(t, "a")
			at := h.slot
			h.next, h.logged, h.cover, h.claimed = 5, 5, 5, true
			tt.change(h)
			s.rest(h)
			if got := s.heads.at(at) == nil; got != tt.want {
				t.Fatalf("got it at rest %v, want %v", got, tt.want)
			}
			if !tt.want {
				return
			}
			if !h.dropped || h.shard != s {
				t.Errorf("got %+v, want that whoever has it still is told it was dropped", h)
			}
			again := s.wake(at)
			want := &head{slot: at, shard: s, logged: 5, cover: 5}
			if again != h || !reflect.DeepEqual(again, want) || !at.claimed || at.next != 5 || s.wake(at) != h {
				t.Errorf("awake again: got %+v, want %+v", again, want)
			}
		})
	}
}

// A shard keeps a bounded number of heads for later, and their places are used again.
func TestSpareHeadsAreBounded(t *testing.T) {
	s := newShard()
	var all []*head
	for _, c := range relaytest.Conversations(t, 2*maxSpareHeads) {
		all = append(all, s.add(s.slots.made, &c, loaded{}, 1<<20, time.Now()))
	}
	for round := range 2 {
		for i, h := range slices.Clone(all) {
			at := h.slot
			if s.rest(h); len(s.heads.spare) > maxSpareHeads {
				t.Fatalf("got %d kept, want at most %d", len(s.heads.spare), maxSpareHeads)
			}
			if round == 0 {
				all[i] = s.wake(at)
			}
		}
	}
	if n := len(s.heads.all); n != len(all) || len(s.heads.free) != n || len(s.heads.spare) != maxSpareHeads {
		t.Errorf("got %d places, %d of them free, and %d heads kept", n, len(s.heads.free), len(s.heads.spare))
	}
	if got := len(slices.Collect(s.heads.each())); got != 0 {
		t.Errorf("got %d heads, want none", got)
	}
}

// A mark keeps the head that it is about, until its record is in the log. Else it would change another
// conversation.
func TestMarkKeepsItsHead(t *testing.T) {
	l, h := idleLedger(t)
	l.unclaimed.Store(false)
	at := h.slot
	l.claim(h)
	h.letGo()
	if h.dropped || h.shard.heads.at(at) != h {
		t.Fatal("the head is at rest before its claim is in the log")
	}
	if h.shard.evict(1, time.Now()); h.shard.slots.count() != 1 {
		t.Fatal("the conversation is evicted before its claim is in the log")
	}
	l.mark(&l.queue.take().marks[0])
	if !at.claimed || h.shard.heads.at(at) != nil {
		t.Errorf("got it claimed %v, and its head %+v, want it claimed and at rest", at.claimed, h)
	}
}

// A message keeps the head of its conversation until its answer, also if the conversation has expired parts only.
func TestMessageKeepsItsHead(t *testing.T) {
	l, h := idleLedger(t)
	s := partOf(t, 2, 1, time.Now())
	if !l.Follow(s) {
		t.Fatal("the part is not noted")
	}
	h.letGo()
	later := s.At.Add(2 * partsWait)
	if h.shard.evict(1, later); h.dropped || h.shard.slots.count() != 1 {
		t.Fatal("the conversation is evicted before the answer")
	}
	l.Refuse(s)
	if h.shard.evict(1, later); h.shard.slots.count() != 0 {
		t.Error("the conversation is not evicted after the answer")
	}
}

// Whatever becomes of a message, its conversation is at rest when that is in the log.
func TestConversationsComeToRest(t *testing.T) {
	for name, send := range map[string]func(t *testing.T, p *partition, c message.Conversation){
		"accepted": func(t *testing.T, p *partition, c message.Conversation) { p.submit(c, "A") },
		"refused":  func(t *testing.T, p *partition, c message.Conversation) { p.Refuse(p.mustAssign(t, toSend(c))) },
		"refused while others are out": func(t *testing.T, p *partition, c message.Conversation) {
			first, second := p.mustAssign(t, toSend(c)), p.mustAssign(t, toSend(c))
			p.Refuse(second)
			p.accept(first, "A")
		},
		"no part": func(t *testing.T, p *partition, c message.Conversation) {
			sh, _ := p.table.at(&c)
			p.submit(c, "A")
			sh.open = maxOpenPerShard
			s := toSend(c)
			s.Part = message.Part{Ref: 9, Total: 2, Seq: 1}
			if p.Follow(s) {
				t.Error("the part is noted")
			}
			sh.open = 0
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := runLedger(t)
			c := relaytest.Conversation(t, "10690001", "447700900123")
			send(t, p, c)
			p.read(toSend(c)) // its outcome comes behind all that was queued before
			sh, key := p.table.at(&c)
			sh.mu.Lock()
			defer sh.mu.Unlock()
			if at := sh.slots.get(key, &c); at == nil || at.next == 0 || sh.heads.at(at) != nil {
				t.Errorf("got %+v with the head %+v, want it at rest", at, sh.heads.at(at))
			}
		})
	}
}

// A message that gets no number, and one whose record the queue does not take, leave a conversation at rest.
func TestConversationRestsAfterAFailure(t *testing.T) {
	for name, fail := range map[string]func(t *testing.T, l *Partition, h *head){
		"no number": func(t *testing.T, l *Partition, h *head) {
			l.unclaimed.Store(false)
			l.queue.close() // no claim can be made
			h.stalled = true
			if err := l.Assign(toSend(h.conv)); err == nil {
				t.Error("got a number")
			}
		},
		"no record": func(t *testing.T, l *Partition, h *head) {
			s := l.mustAssign(t, toSend(h.conv))
			l.queue.cover(h)
			b := l.queue.take()
			l.queue.close()
			l.Accept(s, []byte("A"), make(relaytest.Logged, 1), 1)
			l.mark(&b.marks[0])
		},
		"no record of a split one": func(t *testing.T, l *Partition, h *head) {
			s := l.mustAssign(t, toSend(h.conv))
			l.queue.cover(h)
			b := l.queue.take()
			l.queue.close()
			l.AcceptSplit(s, Split{IDs: [][]byte{[]byte("A")}}, make(relaytest.Logged, 1), 1)
			l.mark(&b.marks[0])
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, h := idleLedger(t)
			at, sh := h.slot, h.shard
			h.letGo()
			fail(t, l, sh.wake(at))
			if sh.heads.at(at) != nil {
				t.Errorf("got %+v, want it at rest", h)
			}
		})
	}
}
