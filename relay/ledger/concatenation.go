package ledger

import (
	"sync"
	"time"

	"readback/internal/crash"
	"readback/internal/lru"
	"readback/relay/message"
)

// Concatenation is how a part by sar_* parameters goes on. It is the same for all parts of a message.
type Concatenation uint8

// The ways in which a part by sar_* parameters goes on.
const (
	KeepSAR  Concatenation = iota // as it came
	Concat8                       // as IE 00, with the low 8 bits of the reference
	Concat16                      // as IE 08
)

// maxConcatenations is how many messages by sar_* parameters are remembered. It bounds the memory to some
// 8 MB. A message that is forgotten while its parts come is decided again, usually in the same way.
const maxConcatenations = 1 << 14

// concatenations remembers how messages by sar_* parameters go on, for partsWait after their last part. It
// does not depend on the log, so that the parts of a message go on alike also when the log is lost or
// comes back between them.
type concatenations struct {
	mu     sync.Mutex
	chosen *lru.Cache[sarMessage, *chosen]
	narrow *lru.Cache[narrowRef, *narrowUse]
}

// sarMessage identifies a message by sar_* parameters.
type sarMessage struct {
	conv    message.Conversation
	account string
	ref     uint16
	total   uint8
}

// chosen is how a message goes on.
type chosen struct {
	how   Concatenation
	first uint8 // the part that came first
	seen  bits
	last  time.Time
}

// narrowRef is a reference of 8 bits in a conversation.
type narrowRef struct {
	conv message.Conversation
	ref  uint8
}

// narrowUse is the message that a narrowRef stands for.
type narrowUse struct {
	ref  uint16 // the sar_msg_ref_num
	last time.Time
}

func newConcatenations() *concatenations {
	return &concatenations{
		chosen: lru.New[sarMessage, *chosen](maxConcatenations),
		narrow: lru.New[narrowRef, *narrowUse](maxConcatenations),
	}
}

// Concatenate returns how s, a part by sar_* parameters, goes on: as the parts of its message that came
// before, and as wish says if it is the first one. In place of Concat8 it chooses KeepSAR if another
// message of the conversation has the 8 bits, and KeepSAR in any case while no number can be given. It
// never waits.
func (l *Partition) Concatenate(s *Sent, wish Concatenation) Concatenation {
	defer crash.OnPanic()
	if !l.status.up.Load() || wish == Concat8 && l.usesNarrow(s) {
		wish = KeepSAR
	}
	return l.concatenations.choose(s, wish)
}

// usesNarrow reports whether a message with a header has the 8 bits that s would get.
func (l *Partition) usesNarrow(s *Sent) bool {
	sh, key := l.table.at(&s.Conversation)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	h := sh.get(key, &s.Conversation)
	return h != nil && h.usesRef(s.Part.Ref&0xFF, false)
}

func (c *concatenations) choose(s *Sent, wish Concatenation) Concatenation {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := sarMessage{s.Conversation, s.Account, s.Part.Ref, s.Part.Total}
	m, ok := c.chosen.Get(key)
	if !ok || !m.goesOn(s) {
		if wish == Concat8 && c.holds(s) {
			wish = KeepSAR
		}
		m = &chosen{how: wish, first: s.Part.Seq}
		c.chosen.Put(key, m)
	}
	m.last = s.At
	m.seen.add(s.Part.Seq)
	if m.how == Concat8 {
		c.narrow.Put(narrowRef{s.Conversation, uint8(s.Part.Ref)}, &narrowUse{s.Part.Ref, s.At})
	}
	return m.how
}

// goesOn reports whether s belongs to m. A part that came before is a repetition, but the one that came
// first begins a new message when all parts have come.
func (m *chosen) goesOn(s *Sent) bool {
	return s.At.Sub(m.last) <= partsWait && !(s.Part.Seq == m.first && m.seen.all(s.Part.Total))
}

// holds reports whether another message by sar_* parameters has the 8 bits that s would get.
func (c *concatenations) holds(s *Sent) bool {
	u, ok := c.narrow.Get(narrowRef{s.Conversation, uint8(s.Part.Ref)})
	return ok && u.ref != s.Part.Ref && s.At.Sub(u.last) <= partsWait
}

// has reports whether a message by sar_* parameters has the reference, as IE 00 has it.
func (c *concatenations) has(conv *message.Conversation, ref uint16, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	u, ok := c.narrow.Get(narrowRef{*conv, uint8(ref)})
	return ok && now.Sub(u.last) <= partsWait
}

// forget forgets the messages to a receiver.
func (c *concatenations) forget(receiver message.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.chosen.Forget(func(m sarMessage) bool { return m.conv.Receiver == receiver })
	c.narrow.Forget(func(r narrowRef) bool { return r.conv.Receiver == receiver })
}
