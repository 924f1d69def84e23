package pool

import (
	"slices"
	"sync/atomic"
	"time"

	"readback/smpp"
)

// perFree is how many requests an account may have open for each one that there would still be room for:
// alone, four fifths of the window. Each account thus leaves room for others, and many share it evenly
// (dynamic thresholds, as switches have them for their queues).
const perFree = 4

// countedRoom bounds the room of a session without a window.
const countedRoom = 1 << 20

// sharedFrom is the window of all sessions together from which on there are shares. In a smaller one, a
// place that nobody may take would be missed.
const sharedFrom = 8

// mayOpen reports whether an account with so many open requests may open another one if there is so much
// room in a window. The last place is for an account that has none.
func mayOpen(open *atomic.Int64, room, window int) bool {
	n := open.Load()
	return room > 0 && (n <= 0 || window < sharedFrom || n < perFree*int64(room-1))
}

// openOf returns the count of the open requests of the account whose request r is.
func (p *Pool[R]) openOf(r R) *atomic.Int64 {
	if p.opt.Open == nil {
		return new(atomic.Int64)
	}
	return p.opt.Open(r)
}

// Forget says that a request was not answered, and will not be.
func (p *Pool[R]) Forget(r R) {
	p.openOf(r).Add(-1)
	p.mayHaveRoom()
}

// waiter is a caller that waits in Send.
type waiter struct {
	open  *atomic.Int64
	begin chan struct{} // closed when it is to try again
}

// wait waits until there may be room for a request of the account. The caller holds p.mu, which wait
// gives up meanwhile.
func (p *Pool[R]) wait(open *atomic.Int64) {
	w := &waiter{open, make(chan struct{})}
	p.queue = append(p.queue, w)
	p.mu.Unlock()
	<-w.begin
	p.mu.Lock()
}

// wakeOne wakes the first of those callers whose account has the fewest requests open. The caller holds
// p.mu.
func (p *Pool[R]) wakeOne() {
	if len(p.queue) == 0 {
		return
	}
	first := 0
	for i, w := range p.queue {
		if w.open.Load() < p.queue[first].open.Load() {
			first = i
		}
	}
	close(p.queue[first].begin)
	p.queue = slices.Delete(p.queue, first, first+1)
}

// wakeAll wakes all callers. The caller holds p.mu.
func (p *Pool[R]) wakeAll() {
	for _, w := range p.queue {
		close(w.begin)
	}
	p.queue = nil
}

// counting is a handler that stops counting the requests that are answered, or never will be.
type counting[R any] struct {
	Handler[R]
	pool *Pool[R]
}

// Response stops counting the request, and passes the answer on.
func (c counting[R]) Response(f smpp.Frame, to smpp.Pending[R]) error {
	c.pool.Forget(to.Ref)
	return c.Handler.Response(f, to)
}

// Expired stops counting the request, and passes it on.
func (c counting[R]) Expired(to smpp.Pending[R]) {
	c.pool.Forget(to.Ref)
	c.Handler.Expired(to)
}

// trySend is TrySend for an account that has so many requests open.
func (p *Pool[R]) trySend(f smpp.Frame, arrived time.Time, r R, open *atomic.Int64) error {
	for {
		var roomiest *smpp.Session[R]
		most, all, window, err := 0, 0, 0, ErrDown
		for _, s := range p.slots {
			session := s.current()
			if session == nil {
				continue
			}
			err = smpp.ErrNoRoom
			room := min(session.Room(), countedRoom)
			all, window = all+room, window+max(room, session.Window())
			if room > most {
				roomiest, most = session, room
			}
		}
		if roomiest == nil || !mayOpen(open, all, window) {
			return err
		}
		open.Add(1) // before an answer can come
		if roomiest.TrySend(f, arrived, r) == nil {
			return nil
		}
		open.Add(-1)
		// Another caller took the room, or the session has ended: look again.
	}
}
