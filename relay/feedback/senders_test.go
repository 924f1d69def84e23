package feedback

import (
	"fmt"
	"testing"

	"readback/relay/message"
	"readback/relay/relaytest"
)

// The session of a message is the one that was noted last. Another number, or another conversation, is
// another message.
func TestSenders(t *testing.T) {
	s := newSenders()
	c, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690001", "447700900124")
	want := func(name string, c *message.Conversation, number uint16, want message.Session) {
		t.Helper()
		if got := s.of(c, number); got != want {
			t.Errorf("%s: got session %d, want %d", name, got, want)
		}
	}
	want("nothing noted", &c, 7, 0)
	s.Sent(&c, 7, 1)
	s.Sent(&other, 7, 2)
	s.Sent(&c, 8, 3)
	want("first", &c, 7, 1)
	want("another conversation", &other, 7, 2)
	want("another number", &c, 8, 3)
	want("unknown number", &c, 9, 0)
	s.Sent(&c, 7, 4)
	want("noted again", &c, 7, 4)
	want("another number after that", &c, 8, 3)
}

// Of the messages that share a set the newest are remembered, so the memory does not grow.
func TestSendersForget(t *testing.T) {
	s := newSenders()
	c := relaytest.Conversation(t, "10690001", "447700900123")
	const set = 5
	for i, n := 0, 0; n < senderWays+1; i++ {
		c.Receiver, _ = message.NewAddr(fmt.Sprint("44", i)) // it is no address of anybody
		if at, _ := s.find(&c, 7); at == set {
			n++
			s.Sent(&c, 7, message.Session(n))
		}
	}
	for i, m := range s.sets[set] {
		if want := message.Session(senderWays + 1 - i); m.session != want {
			t.Errorf("place %d: got session %d, want %d", i, m.session, want)
		}
	}
	if len(s.sets) != senderSets {
		t.Errorf("got %d sets, want %d", len(s.sets), senderSets)
	}
}

func TestSentDoesNotAllocate(t *testing.T) {
	s := newSenders()
	c := relaytest.Conversation(t, "10690001", "447700900123")
	s.Sent(&c, 7, 1)
	if got := testing.AllocsPerRun(100, func() { s.Sent(&c, 7, 1) }); got > 0 {
		t.Errorf("got %v allocations, want none", got)
	}
}
