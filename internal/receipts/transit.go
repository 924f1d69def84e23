package receipts

import (
	"context"
	"slices"
	"sync"

	"readback/internal/crash"
	"readback/relay/message"
	"readback/smpp/receipt"
)

// transits are the messages that are in transit in parts. A receipt that comes meanwhile may be about one of
// their parts.
type transits struct {
	mu  sync.Mutex
	by  map[message.Conversation][]*Transit
	ids map[string][]*Transit // by the key of the message_id of each part that the SMSC has accepted
}

// Transit is the time from the first part of a message to the answer to the message.
type Transit struct {
	h       *Handler
	account string
	c       message.Conversation
	ended   chan struct{} // closed when it is over

	keys []string // under which it is in ids; guarded by mu of the transits
}

// BeginTransit notes that a message of the account's goes on in parts. The caller ends the transit that
// it returns, once, when the message is answered.
func (h *Handler) BeginTransit(account string, c message.Conversation) *Transit {
	defer crash.OnPanic()
	h.transits.mu.Lock()
	defer h.transits.mu.Unlock()
	t := &Transit{h: h, account: account, c: c, ended: make(chan struct{})}
	h.transits.by[c] = append(h.transits.by[c], t)
	return t
}

// Accepted notes the message_id that the SMSC gave one of the parts. Until the transit ends it is no other
// message's.
func (t *Transit) Accepted(id []byte) {
	defer crash.OnPanic()
	key := string(receipt.Key(t.h.opt.IDs.OfResponse(id)))
	if key == "" {
		return
	}
	all := &t.h.transits
	all.mu.Lock()
	defer all.mu.Unlock()
	select {
	case <-t.ended: // the part was answered late
		return
	default:
	}
	t.keys = append(t.keys, key)
	all.ids[key] = append(all.ids[key], t)
}

// End notes that the message is answered. It must be called once.
func (t *Transit) End() {
	defer crash.OnPanic()
	all := &t.h.transits
	all.mu.Lock()
	defer all.mu.Unlock()
	close(t.ended)
	remove(all.by, t.c, t)
	for _, key := range t.keys {
		remove(all.ids, key, t)
	}
}

// remove takes t out of the list at key.
func remove[K comparable](lists map[K][]*Transit, key K, t *Transit) {
	left := slices.DeleteFunc(lists[key], func(other *Transit) bool { return other == t })
	if lists[key] = left; len(left) == 0 {
		delete(lists, key)
	}
}

// InTransit is the number of conversations that have messages in transit.
func (h *Handler) InTransit() int {
	defer crash.OnPanic()
	h.transits.mu.Lock()
	defer h.transits.mu.Unlock()
	return len(h.transits.by)
}

// of returns the transits that a receipt may be about: those of its conversation, and those of which a part
// has its message_id.
func (ts *transits) of(c message.Conversation, key []byte) (conversation, part []*Transit) {
	defer crash.OnPanic()
	ts.mu.Lock()
	defer ts.mu.Unlock()
	return slices.Clone(ts.by[c]), slices.Clone(ts.ids[string(key)])
}

// mayBeOf reports whether a receipt that has the message_id of a part of t may be about it. account is
// empty if it is not known.
func (t *Transit) mayBeOf(account string, c message.Conversation) bool {
	return account == "" || account == t.account || c == t.c
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
