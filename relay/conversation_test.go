package relay

import (
	"testing"
	"time"

	"readback/relay/relaytest"
)

// viewer looks at a conversation as soon as a message of it is logged, and keeps the ledger
// from going on for a while: whoever looks does not get ahead of it.
type viewer struct {
	relay *Relay
	seen  chan int // messages
}

func (v viewer) Logged(uint64) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, _ := v.relay.conversation("10690001", "447700900123") // has no messages after an error
		v.seen <- len(c.Messages)
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Millisecond):
	}
}

func TestConversationHasWhatIsLogged(t *testing.T) {
	t.Parallel()
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	v := viewer{relay: r.Relay, seen: make(chan int, 1)}
	for i := range 3 {
		s := tracked(c)
		if err := r.Ledger().Assign(s); err != nil {
			t.Fatal(err)
		}
		r.Ledger().Accept(s, []byte("id"), v, 0)
		if got := relaytest.Receive(t, v.seen); got != i+1 {
			t.Errorf("messages: got %d, want %d", got, i+1)
		}
	}
}
