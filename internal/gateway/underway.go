package gateway

import (
	"sync"

	"readback/relay"
)

// underway counts the messages that are on their way in parts, by conversation: a receipt
// that comes meanwhile may be about one of them.
type underway struct {
	mu sync.Mutex
	by map[relay.Conversation]*flight
}

// flight is the messages of one conversation.
type flight struct {
	messages int
	landed   chan struct{} // closed when there are none any more
}

func (u *underway) begin(c relay.Conversation) {
	u.mu.Lock()
	defer u.mu.Unlock()
	f := u.by[c]
	if f == nil {
		f = &flight{landed: make(chan struct{})}
		u.by[c] = f
	}
	f.messages++
}

func (u *underway) end(c relay.Conversation) {
	u.mu.Lock()
	defer u.mu.Unlock()
	f := u.by[c]
	if f.messages--; f.messages == 0 {
		close(f.landed)
		delete(u.by, c)
	}
}

// of returns what is closed when the conversation has none under way; nil if it has none.
func (u *underway) of(c relay.Conversation) <-chan struct{} {
	u.mu.Lock()
	defer u.mu.Unlock()
	if f := u.by[c]; f != nil {
		return f.landed
	}
	return nil
}
