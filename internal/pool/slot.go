package pool

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"readback/smpp"
)

// slot keeps one session with the SMSC bound. It never has two sessions at a time.
type slot[R any] struct {
	// Static after construction.
	pool *Pool[R]
	n    int           // which of the slots, from 0
	end  chan struct{} // an operator ends the session

	// Guarded by mu.
	mu      sync.Mutex
	session *smpp.Session[R] // nil unless it has bound
	shown   condition
}

// current is the slot's session while that is bound, else nil.
func (s *slot[R]) current() *smpp.Session[R] {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session == nil || !s.session.State().IsBound() {
		return nil
	}
	return s.session
}

// Waits between two rounds over the addresses: a random time between half of the wait and all of it.
// The wait doubles each time.
const (
	firstRetry = 100 * time.Millisecond
	lastRetry  = 1500 * time.Millisecond
)

// run keeps the slot bound. After each loss it tries the addresses in turn, from the first one on,
// and waits longer and longer while no address takes the bind.
func (s *slot[R]) run(ctx context.Context) {
	wait := firstRetry
	for try := 0; ctx.Err() == nil; try++ {
		addrs := s.pool.opt.Config.Addrs
		addr := addrs[try%len(addrs)]
		s.note(Connecting, func(c *condition) { c.addr, c.isTLS = addr, false })
		bound, err := s.serve(ctx, addr)
		if ctx.Err() != nil {
			return
		}
		s.pool.opt.Logger.Warn("bind to the SMSC lost", "bind", s.n, "smsc", addr, "reason", err)
		if bound {
			wait, try = firstRetry, -1
		}
		if !bound && try%len(addrs) != len(addrs)-1 {
			s.note(Waiting, func(c *condition) { c.lost = err })
			continue // the next address at once
		}
		pause := wait/2 + rand.N(wait/2)
		s.note(Waiting, func(c *condition) { c.lost, c.retry = err, time.Now().Add(pause) })
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		wait = min(2*wait, lastRetry)
	}
}

// serve opens, binds and runs one session. It returns whether the session was ever bound, and why
// it ended.
func (s *slot[R]) serve(ctx context.Context, addr string) (bound bool, err error) {
	opt := &s.pool.opt
	conn, err := opt.Dial(ctx, addr)
	if err != nil {
		return false, err
	}
	s.note(Binding, func(c *condition) { c.isTLS = isTLS(conn) })
	session := smpp.NewSession[R](conn, opt.Session)
	h := opt.Handler(s.n, session)
	lasting := context.WithoutCancel(ctx)
	over := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		bound, err = s.bind(ctx, session)
		if err != nil {
			session.Finish(err)
			return
		}
		select {
		case <-over:
		case <-s.end:
			s.leave(ctx, session)
		case <-ctx.Done():
			s.unbind(lasting, session, errStopped)
		}
	})
	reason := session.Run(lasting, &throttling[R]{counting[R]{h, s.pool}, session, newWindow(opt.Session.Window)})
	close(over)
	wg.Wait()
	s.set(nil)
	h.Ended(reason)
	if err == nil {
		err = reason
	}
	return bound, err
}

// leave ends a session that an operator does not want.
func (s *slot[R]) leave(ctx context.Context, session *smpp.Session[R]) {
	s.set(nil)
	s.note(Unbinding, nil)
	session.AwaitAnswers(ctx, s.pool.opt.Session.Response, func(R) bool { return true })
	s.unbind(context.WithoutCancel(ctx), session, errEnded)
}

// bind binds the session as a transceiver, and lets the pool send on it.
func (s *slot[R]) bind(ctx context.Context, session *smpp.Session[R]) (bound bool, err error) {
	f, err := bindTransceiver(&s.pool.opt.Config)
	if err != nil {
		return false, err
	}
	if err := session.Call(ctx, f); err != nil {
		return false, fmt.Errorf("bind_transceiver: %w", smpp.NameStatus(err))
	}
	if st := session.State(); st == smpp.BoundTX || st == smpp.BoundRX {
		s.unbind(context.WithoutCancel(ctx), session, errHalfBound)
		return false, errHalfBound
	}
	select {
	case <-s.end: // was meant for the session before
	default:
	}
	s.note(Bound, nil)
	s.set(session)
	s.pool.opt.Logger.Info("bound to the SMSC", "bind", s.n)
	return true, nil
}

var (
	errStopped   = errors.New("the pool has stopped")
	errHalfBound = errors.New("the SMSC answers bind_transceiver with a bind that cannot both send and receive")
)

// unbind unbinds a session that has bound.
func (s *slot[R]) unbind(ctx context.Context, session *smpp.Session[R], cause error) {
	ctx, cancel := context.WithTimeout(ctx, smpp.UnbindTime)
	defer cancel()
	session.Unbind(ctx, cause)
}

// set sets the session on which the pool sends; nil: none.
func (s *slot[R]) set(session *smpp.Session[R]) {
	s.mu.Lock()
	if s.session != nil {
		s.shown.down = time.Now()
	}
	s.session = session
	s.mu.Unlock()
	s.pool.changed()
	s.pool.opt.Metrics.set(s.n, session != nil)
}
