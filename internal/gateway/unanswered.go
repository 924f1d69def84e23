package gateway

import (
	"context"
	"sync/atomic"

	"readback/smpp"
)

// unanswered counts the requests of the ESME whose answers are not put out yet. The SMSC's session
// cannot count them: it does not know of a request that waits for its window, nor whether an
// answer is put out. A request that goes on as many counts once for each of them as well.
type unanswered struct {
	n    atomic.Int64
	held atomic.Int64 // of these, requests that a lane holds
	room waiter       // waits for fewer
	none waiter       // waits for none
}

func newUnanswered() *unanswered {
	return &unanswered{room: waiter{c: make(chan struct{}, 1)}, none: waiter{c: make(chan struct{}, 1)}}
}

// begin counts a request of the ESME's, if it has an answer. The caller looks only then whether the
// link drains.
func (u *unanswered) begin(f smpp.Frame) {
	if smpp.HasResponse(f.ID()) {
		u.add(1)
	}
}

// add counts n requests more.
func (u *unanswered) add(n int) { u.n.Add(int64(n)) }

// settle notes that a request was answered.
func (u *unanswered) settle() {
	left := u.n.Add(-1)
	u.room.wake()
	if left <= 0 {
		u.none.wake()
	}
}

// hold counts n requests more as held by a lane.
func (u *unanswered) hold(n int) {
	u.held.Add(int64(n))
	u.room.wake()
}

// underWay returns how many requests are unanswered and not held. A request that is being held at the
// moment counts.
func (u *unanswered) underWay() int64 {
	held := u.held.Load() // first: then the difference is never too small
	return u.n.Load() - held
}

// awaitRoom waits until no more than window requests are under way, or the link closes. It
// calls waits before it does.
func (u *unanswered) awaitRoom(window int, closing <-chan struct{}, waits func()) {
	if window <= 0 || u.underWay() <= int64(window) {
		return
	}
	waits()
	defer u.room.begin()()
	for u.underWay() > int64(window) && !isClosed(closing) {
		select {
		case <-u.room.c: // every request is answered, if not by the SMSC
		case <-closing:
		}
	}
}

// awaitNone waits until no request of the ESME is unanswered, or ctx ends.
func (u *unanswered) awaitNone(ctx context.Context) {
	defer u.none.begin()()
	for u.n.Load() > 0 {
		select {
		case <-u.none.c:
		case <-ctx.Done():
			return
		}
	}
}

// waiter wakes the goroutine that waits for a count, if one does.
type waiter struct {
	waits atomic.Bool
	c     chan struct{}
}

// begin is called before the first look at the count, and the function that it returns when the
// wait is over.
func (w *waiter) begin() (end func()) {
	w.waits.Store(true)
	return func() { w.waits.Store(false) }
}

func (w *waiter) wake() {
	if !w.waits.Load() {
		return
	}
	select {
	case w.c <- struct{}{}:
	default: // it will look anyway
	}
}

// isClosed reports whether c is closed.
func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
