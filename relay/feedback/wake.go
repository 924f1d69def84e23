package feedback

import (
	"context"
	"time"

	"readback/relay/message"
)

// session is a call of Deliver.
type session struct {
	id   message.Session
	stop context.CancelFunc

	changed chan struct{} // has a value when there may be something for it to deliver

	// Guarded by account.mu.
	telling int       // how many feedbacks it is delivering
	full    bool      // it waits until they are fewer
	rests   time.Time // it gets none before that, if there are others: it has not answered one
}

// restTime is how long a session that did not answer a feedback gets none.
const restTime = 30 * time.Second

// wake lets the session look for something to deliver.
func (own *session) wake() {
	select {
	case own.changed <- struct{}{}:
	default:
	}
}

// another returns a feedback for a session that has just delivered one; nil: there is none now. If next waits
// because the session had too many, and now has fewer, it looks again.
func (a *account) another(ctx context.Context, own *session) (h *held) {
	up := ctx.Err() == nil && a.ledger.IsUp()
	a.mu.Lock()
	defer a.mu.Unlock()
	if up {
		h, _ = a.schedule.next(time.Now(), own)
	}
	if own.full && own.telling < a.schedule.limits.most {
		own.wake()
	}
	return h
}

// change calls f with the schedule, and wakes the sessions that wait for something to deliver.
func (a *account) change(f func(*schedule)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f(a.schedule)
	a.wakeAll()
}

// wakeAll wakes all sessions. It is called with mu held.
func (a *account) wakeAll() {
	for own := range a.waiting {
		own.wake()
	}
	a.noteIdle()
}

// wakeFor wakes the session that a feedback is for, or all that may take it. It is called with mu held.
func (a *account) wakeFor(h *held) {
	to := a.schedule.sessions[h.prefers]
	if to == nil || to.rests.After(time.Now()) || len(a.schedule.held) >= maxHeld {
		a.wakeAll()
		return
	}
	to.wake()
}

// noteIdle notes whether nothing is being delivered. It is called with mu held.
func (a *account) noteIdle() {
	if a.schedule.telling > 0 {
		return
	}
	select {
	case a.idle <- struct{}{}:
	default:
	}
}
