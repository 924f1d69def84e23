package gateway

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"readback/smpp"
)

// lane passes the ESME's requests of one kind on, in their order. As long as none has to wait, the ESME's
// read goroutine passes them on itself. When one has to, another goroutine reads on. The one that waits
// then passes on its own request and all that have come meanwhile, which the lane holds.
type lane struct {
	// Static after construction.
	link *link
	pass func(ctx context.Context, f smpp.Frame) error

	busy atomic.Bool // the goroutine that passes requests on is not the read goroutine

	// Owned by the goroutine that passes requests on.
	ctx     context.Context // of the request that is being passed on
	arrived time.Time       // when that came
	stop    func() bool     // the lane is not interested in the end of ctx any more
	frame   smpp.Frame      // the request that is being passed on, if it was held

	taken chan struct{} // has a value when a held request was taken

	// Guarded by mu.
	mu   sync.Mutex
	held heldRequests
	idle chan struct{} // closed when the lane is not busy any more
}

// Limits of what one lane holds. More is not read until there is a place again, or, when the oldest
// request has waited for half of response_timeout, refused: what the ESME sends behind it, such as its
// answers to the SMSC, must be read in time.
const (
	maxHeld       = 10_000
	maxHeldOctets = 1 << 20
)

func newLane(l *link, pass func(ctx context.Context, f smpp.Frame) error) *lane {
	return &lane{link: l, pass: pass, taken: make(chan struct{}, 1)}
}

// take passes f on, or holds it if the request before it waits. Only the read goroutine calls it.
func (q *lane) take(ctx context.Context, f smpp.Frame) error {
	arrived := q.link.esme.Arrived()
	for q.busy.Load() {
		switch held, full := q.hold(f, arrived); {
		case held:
			return nil
		case full && !q.awaitPlace():
			return q.link.refuse(f, smpp.StatusThrottled)
		}
	}
	err := q.passOn(ctx, f, arrived)
	if !q.busy.Load() {
		return err
	}
	// Another goroutine reads, and the ESME may have left since.
	if err = ignoreGone(err); err == nil {
		err = q.passHeld(ctx)
	}
	return err
}

func (q *lane) passOn(ctx context.Context, f smpp.Frame, arrived time.Time) error {
	q.ctx, q.arrived = ctx, arrived
	return q.pass(ctx, f)
}

// now returns the time at which the request that is being passed on is passed on. A request that is not held has
// come just now, so that the clock need not be asked.
func (q *lane) now() time.Time {
	if q.busy.Load() {
		return time.Now()
	}
	return q.arrived
}

// hold holds f, unless the lane is not busy any more, or full.
func (q *lane) hold(f smpp.Frame, arrived time.Time) (held, full bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case !q.busy.Load():
		return false, false
	case q.held.len() > 0 && (q.held.len() >= maxHeld || q.held.octets()+len(f) > maxHeldOctets):
		return false, true
	}
	q.held.add(f, arrived)
	q.link.unanswered.hold(1)
	q.link.g.metrics.held.Inc()
	return true, false
}

// awaitPlace waits until a held request is taken. It reports false if the oldest has waited too long.
func (q *lane) awaitPlace() bool {
	late := time.NewTimer(time.Until(q.oldest().Add(q.link.g.opt.ResponseTimeout / 2)))
	defer late.Stop()
	select {
	case <-q.taken:
		return true
	case <-late.C:
		return false
	}
}

// oldest returns when the first held request came; now if there is none.
func (q *lane) oldest() time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.held.len() == 0 {
		return time.Now()
	}
	return q.held.oldest()
}

// passHeld passes on what is held, until there is nothing.
func (q *lane) passHeld(ctx context.Context) error {
	for {
		arrived, ok := q.next()
		if !ok {
			q.flush()
			return nil
		}
		if err := ignoreGone(q.passOn(ctx, q.frame, arrived)); err != nil {
			return err
		}
	}
}

// next takes the next held request. Without one, the read goroutine passes requests on from now on.
func (q *lane) next() (arrived time.Time, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.held.len() == 0 {
		q.stop()
		q.held.shrink()
		q.frame = nil
		q.busy.Store(false)
		close(q.idle)
		return arrived, false
	}
	q.frame, arrived = q.held.take(q.frame[:0])
	q.link.unanswered.hold(-1)
	q.link.g.metrics.held.Dec()
	select {
	case q.taken <- struct{}{}:
	default: // it will look anyway
	}
	return arrived, true
}

// waits is called before the request that is being passed on waits. It makes another goroutine read on,
// unless one does, and lets what was passed on leave.
func (q *lane) waits() {
	q.flush()
	if q.busy.Load() {
		return
	}
	q.begin()
	q.stop = context.AfterFunc(q.ctx, q.link.submitter.leave)
	q.link.esme.ReadOn()
}

func (q *lane) begin() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.idle = make(chan struct{})
	q.busy.Store(true)
}

// flush lets what was passed on, and refused, leave.
func (q *lane) flush() {
	q.link.submitter.up.FlushNow()
	q.link.esme.FlushNow()
}

// awaitIdle waits until the lane holds nothing, or ctx ends.
func (q *lane) awaitIdle(ctx context.Context) {
	q.mu.Lock()
	idle, busy := q.idle, q.busy.Load()
	q.mu.Unlock()
	if !busy {
		return
	}
	select {
	case <-idle:
	case <-ctx.Done():
	}
}

// send sends f to the SMSC, for the request that is being passed on, and waits for room.
func (q *lane) send(f smpp.Frame, r *request) error {
	up := q.link.submitter.up
	err := up.TrySend(f, q.arrived, r)
	if errors.Is(err, smpp.ErrNoRoom) {
		q.waits()
		err = up.Send(f, q.arrived, r)
	}
	return err
}
