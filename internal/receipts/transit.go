package receipts

import (
	"context"
	"slices"
	"sync"

	"readback/internal/crash"
	"readback/relay/message"
)

// transits are the messages that are in transit in parts, by conversation. A receipt that comes
// meanwhile may be about one of their parts.
type transits struct {
	mu sync.Mutex
	by map[message.Conversation][]*Transit
}

// Transit is the time from the first part of a message to the answer to the message.
type Transit struct {
	of    *transits
	c     message.Conversation
	ended chan struct{} // closed when it is over
}

// BeginTransit notes that a message of the conversation goes on in parts. The caller ends the
// transit that it returns, once, when the message is answered.
func (h *Handler) BeginTransit(c message.Conversation) *Transit {
	defer crash.OnPanic()
	h.transits.mu.Lock()
	defer h.transits.mu.Unlock()
	t := &Transit{of: &h.transits, c: c, ended: make(chan struct{})}
	h.transits.by[c] = append(h.transits.by[c], t)
	return t
}

// End notes that the message is answered. It must be called once.
func (t *Transit) End() {
	defer crash.OnPanic()
	t.of.mu.Lock()
	defer t.of.mu.Unlock()
	close(t.ended)
	left := slices.DeleteFunc(t.of.by[t.c], func(other *Transit) bool { return other == t })
	if t.of.by[t.c] = left; len(left) == 0 {
		delete(t.of.by, t.c)
	}
}

// InTransit is the number of conversations that have messages in transit.
func (h *Handler) InTransit() int {
	defer crash.OnPanic()
	h.transits.mu.Lock()
	defer h.transits.mu.Unlock()
	return len(h.transits.by)
}

// in returns the transits of a conversation.
func (ts *transits) in(c message.Conversation) []*Transit {
	defer crash.OnPanic()
	ts.mu.Lock()
	defer ts.mu.Unlock()
	return slices.Clone(ts.by[c])
}

// awaitEnd waits until all transits have ended. It returns false if ctx ends before.
func awaitEnd(ctx context.Context, all []*Transit) bool {
	for _, t := range all {
		select {
		case <-t.ended:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
