package ledger

import (
	"testing"
	"time"

	"readback/relay/message"
	"readback/relay/relaytest"
)

// partOf is a part of a message of the account bank, with reference 9.
func partOf(t *testing.T, total, seq uint8, at time.Time) *Sent {
	s := toSend(relaytest.Conversation(t, "10690001", "447700900123"))
	s.Part, s.At = message.Part{Ref: 9, Total: total, Seq: seq}, at
	return s
}

// aloneHead is the head of a conversation in a shard of its own.
func aloneHead(t *testing.T) *head {
	return newTable(shards).addForTest(relaytest.Conversation(t, "10690001", "447700900123"))
}

// Each of 255 parts can be added to and removed from the set on its own.
func TestSetOfParts(t *testing.T) {
	var b bits
	for i := uint8(1); i != 0; i++ {
		if b.has(i) || b.all(i) {
			t.Fatalf("part %d is in the set before it was added", i)
		}
		if b.add(i); !b.has(i) || !b.all(i) {
			t.Fatalf("part %d is not in the set", i)
		}
	}
	for _, i := range []uint8{1, 64, 128, 255} {
		b.remove(i)
		if b.has(i) || b.all(255) || i > 1 && !b.all(i-1) {
			t.Errorf("part %d: got it %v, all %v, want neither", i, b.has(i), b.all(255))
		}
		b.add(i)
	}
}

// A message is a part if it has a valid position among two or more.
func TestIsPart(t *testing.T) {
	for _, tt := range []struct {
		total, seq uint8
		want       bool
	}{
		{0, 0, false}, {1, 1, false}, {2, 0, false}, {2, 1, true}, {2, 2, true}, {2, 3, false}, {255, 255, true},
	} {
		s := &Sent{Part: message.Part{Total: tt.total, Seq: tt.seq}}
		seq := uint8(0)
		if tt.want {
			seq = tt.seq
		}
		if got := s.isPart(); got != tt.want || s.seq() != seq {
			t.Errorf("%d of %d: got %v %d, want %v %d", tt.seq, tt.total, got, s.seq(), tt.want, seq)
		}
	}
}

// A part belongs to the open message of the same account with the same reference and total,
// unless that is complete or has waited too long.
func TestJoin(t *testing.T) {
	now := time.Unix(1795000000, 0)
	tests := []struct {
		name   string
		seen   []uint8 // parts of 2 that came
		change func(*Sent)
		seq    uint8
		want   bool
	}{
		{"the other part", []uint8{1}, func(*Sent) {}, 2, true},
		{"the same part again", []uint8{1}, func(*Sent) {}, 1, true},
		{"the same part, when it is complete", []uint8{1, 2}, func(*Sent) {}, 1, false},
		{"another reference", []uint8{1}, func(s *Sent) { s.Part.Ref++ }, 2, false},
		{"a wide reference", []uint8{1}, func(s *Sent) { s.Part.Wide = true }, 2, false},
		{"another total", []uint8{1}, func(s *Sent) { s.Part.Total = 3 }, 2, false},
		{"another account", []uint8{1}, func(s *Sent) { s.Account = "shop" }, 2, false},
		{"at the end of the wait", []uint8{1}, func(s *Sent) { s.At = now.Add(partsWait) }, 2, true},
		{"after the wait", []uint8{1}, func(s *Sent) { s.At = now.Add(partsWait + 1) }, 2, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := aloneHead(t)
			for i, seq := range tt.seen {
				if s := partOf(t, 2, seq, now); i == 0 && h.openParts(s) == nil || i > 0 && h.join(s) == nil {
					t.Fatal("the message is not open")
				}
			}
			h.open()[0].numbered = true
			s := partOf(t, 2, tt.seq, now)
			tt.change(s)
			if got := h.isOpen(s); got != tt.want {
				t.Errorf("open: got %v, want %v", got, tt.want)
			}
			p := h.join(s)
			if (p != nil) != tt.want {
				t.Errorf("join: got %+v, want %v", p, tt.want)
			}
			if p != nil && (!p.last.Equal(s.At) || !p.seen.has(tt.seq)) {
				t.Errorf("got %+v, want that it knows of the part", p)
			}
			if kept := h.partsOf(partOf(t, 2, 1, now)) != nil; kept != (tt.want || !h.holdsSame(s)) {
				t.Errorf("message kept: got %v", kept)
			}
			if h.shard.open != len(h.open()) {
				t.Errorf("open in the shard: got %d, want %d", h.shard.open, len(h.open()))
			}
		})
	}
}

// holdsSame reports whether s may belong to a message in two parts of partOf.
func (h *head) holdsSame(s *Sent) bool {
	return s.Part.Ref == 9 && !s.Part.Wide && s.Part.Total == 2 && s.Account == "bank"
}

// A part cannot share a number that its message does not have yet.
func TestNotOpenBeforeItsNumber(t *testing.T) {
	h, now := aloneHead(t), time.Now()
	h.openParts(partOf(t, 2, 1, now))
	if h.isOpen(partOf(t, 2, 2, now)) {
		t.Error("open before it has a number")
	}
}

// A message is open until the SMSC has accepted each of its parts. A refused part may come
// again.
func TestOpenPartsAreAnswered(t *testing.T) {
	h, now := aloneHead(t), time.Now()
	one, two := partOf(t, 2, 1, now), partOf(t, 2, 2, now)
	p := h.openParts(one)
	h.join(two)
	p.numbered, p.ordinal = true, 5
	one.ordinal, two.ordinal = 5, 5
	stranger := partOf(t, 2, 2, now)
	stranger.ordinal = 4
	h.partAnswered(stranger, true) // of the message before, with the same reference
	h.partAnswered(one, true)
	if len(h.open()) != 1 {
		t.Fatalf("after one part and one of another message: got %d open, want 1", len(h.open()))
	}
	h.partAnswered(two, false)
	if p := &h.open()[0]; p.seen.has(2) || !p.seen.has(1) || p.accepted.has(2) {
		t.Errorf("after a refusal: got %+v, want that the second part may come again", p)
	}
	if h.join(two) == nil {
		t.Error("the second part that comes again is not of the message")
	}
	h.partAnswered(two, true)
	if len(h.open()) != 0 || h.shard.open != 0 {
		t.Errorf("after all: got %d open, %d in the shard, want none", len(h.open()), h.shard.open)
	}
}

// A conversation and a shard open no message beyond their bounds until one has waited too long.
func TestOpenPartsAreBounded(t *testing.T) {
	now := time.Unix(1795000000, 0)
	tests := []struct {
		name  string
		first func(*head) // fills the bound
		bound int
	}{
		{"of a conversation", func(*head) {}, maxOpenPerHead},
		{"of a shard", func(h *head) { h.shard.open = maxOpenPerShard - 4 }, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := aloneHead(t)
			tt.first(h)
			open := func(ref uint16, at time.Time) bool {
				s := partOf(t, 2, 1, at)
				s.Part.Ref = ref
				return h.openParts(s) != nil
			}
			for i := range tt.bound {
				at := now
				if i == 0 {
					at = now.Add(-time.Second)
				}
				if !open(uint16(i), at) {
					t.Fatalf("message %d is not opened, want room for %d", i+1, tt.bound)
				}
			}
			if open(1000, now.Add(partsWait-time.Second)) {
				t.Error("one more is opened")
			}
			first := partOf(t, 2, 1, now)
			first.Part.Ref = 0
			if !open(1000, now.Add(partsWait)) || h.partsOf(first) != nil || len(h.open()) != tt.bound {
				t.Errorf("after the wait: got %d open, want that another took the place of the first", len(h.open()))
			}
		})
	}
}

// A message is forgotten when its other parts do not come in time.
func TestPartsExpire(t *testing.T) {
	h, now := aloneHead(t), time.Unix(1795000000, 0)
	for i := range uint16(3) {
		s := partOf(t, 2, 1, now.Add(time.Duration(i)*time.Second))
		s.Part.Ref = i
		p := h.openParts(s)
		p.early = make([]earlyPart, 2)
		h.shard.early += 2
	}
	for _, tt := range []struct {
		after time.Duration
		left  int
	}{{0, 3}, {partsWait, 3}, {partsWait + 1, 2}, {partsWait + 2*time.Second, 1}, {partsWait + 2*time.Second + 1, 0}} {
		if none := h.expireParts(now.Add(tt.after)); none != (tt.left == 0) || len(h.open()) != tt.left {
			t.Errorf("after %s: got %d left, none %v, want %d", tt.after, len(h.open()), none, tt.left)
		}
		if h.shard.open != tt.left || h.shard.early != 2*tt.left {
			t.Errorf("after %s: got %d open and %d early in the shard, want %d and %d", tt.after, h.shard.open, h.shard.early, tt.left, 2*tt.left)
		}
	}
}
