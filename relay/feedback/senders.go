package feedback

import (
	"hash/maphash"
	"sync"

	"readback/relay/message"
)

// What senders remember: a message in 8 octets, about a million of them.
const (
	senderSets = 1 << 18
	senderWays = 4
)

// senders remember which session a feedback is for: the one that sent the message, or the one that took
// the SMSC's receipt of it. They forget the oldest messages of those that share a set, and everything when
// the process ends. Then any session of the account gets the feedback.
type senders struct {
	seed maphash.Seed

	// Guarded by mu.
	mu   sync.Mutex
	sets [][senderWays]sender // nil: none is remembered yet
}

// sender is the session of a message.
type sender struct {
	tag     uint32 // of the message; with its set it is as good as unique
	session message.Session
}

func newSenders() *senders { return &senders{seed: maphash.MakeSeed()} }

// Sent remembers that a session has sent the message of a conversation that has this number, or has taken
// the SMSC's receipt of it. The feedback on the message is for that session.
func (s *senders) Sent(c *message.Conversation, number uint16, session message.Session) {
	set, tag := s.find(c, number)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sets == nil {
		s.sets = make([][senderWays]sender, senderSets)
	}
	l := &s.sets[set]
	i := 0
	for i < senderWays-1 && l[i].tag != tag {
		i++
	}
	copy(l[1:i+1], l[:i]) // the newest stands first
	l[0] = sender{tag, session}
}

// of returns the session that the feedback on a message is for; zero if it is for any.
func (s *senders) of(c *message.Conversation, number uint16) message.Session {
	set, tag := s.find(c, number)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sets == nil {
		return 0
	}
	for _, m := range s.sets[set] {
		if m.tag == tag {
			return m.session
		}
	}
	return 0
}

// find returns where a message stands, and its tag.
func (s *senders) find(c *message.Conversation, number uint16) (set, tag uint32) {
	h := maphash.Comparable(s.seed, key{*c, number})
	return uint32(h>>32) % senderSets, uint32(h)
}

// key is what a message is found by: of two with the same number, nobody can read the older one.
type key struct {
	conv   message.Conversation
	number uint16
}
