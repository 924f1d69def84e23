package gateway

import (
	"context"
	"slices"
	"sync"

	"readback/internal/crash"
	"readback/relay/message"
)

// underway is the messages that are on their way in parts, by conversation: a receipt that
// comes meanwhile may be about one of them.
type underway struct {
	mu sync.Mutex
	by map[message.Conversation][]flight
}

// flight is one of them. It is closed when the message has landed.
type flight chan struct{}

func (u *underway) begin(c message.Conversation) flight {
	defer crash.OnPanic()
	u.mu.Lock()
	defer u.mu.Unlock()
	f := make(flight)
	u.by[c] = append(u.by[c], f)
	return f
}

func (u *underway) end(c message.Conversation, f flight) {
	defer crash.OnPanic()
	u.mu.Lock()
	defer u.mu.Unlock()
	close(f)
	left := slices.DeleteFunc(u.by[c], func(other flight) bool { return other == f })
	if u.by[c] = left; len(left) == 0 {
		delete(u.by, c)
	}
}

// of returns those of a conversation.
func (u *underway) of(c message.Conversation) []flight {
	defer crash.OnPanic()
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.by[c])
}

// land waits until all have landed; false if ctx ends before.
func land(ctx context.Context, flights []flight) bool {
	for _, f := range flights {
		select {
		case <-f:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
