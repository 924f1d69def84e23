package smpp

import (
	"context"
	"sync/atomic"
	"time"
)

// handling says whether a response is taken from the pending requests, and its handler has not returned. That
// may send more requests. It is set with out.mu held.
type handling struct {
	busy    atomic.Bool
	waiting atomic.Int32 // callers of AwaitAnswers
}

// handled notes that the handler of a response has returned.
func (s *Session[R]) handled() {
	s.handling.busy.Store(false)
	if s.handling.waiting.Load() > 0 {
		s.out.mu.Lock()
		defer s.out.mu.Unlock()
		s.out.changed()
	}
}

// AwaitAnswers waits until the peer has answered all requests for whose reference wanted returns true, and
// those that the handler sends for these answers, or the session has ended, or ctx has. It waits, also for requests that have expired, until the last of them was
// sent patience ago. wanted must not wait; it also gets zero references.
func (s *Session[R]) AwaitAnswers(ctx context.Context, patience time.Duration, wanted func(ref R) bool) {
	s.handling.waiting.Add(1)
	defer s.handling.waiting.Add(-1)
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	newest := s.pending.newest(wanted)
	if s.handling.busy.Load() {
		newest = time.Now() // the handler may send one
	}
	ctx, cancel := context.WithDeadline(ctx, newest.Add(patience))
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		s.out.mu.Lock()
		defer s.out.mu.Unlock()
		s.out.changed()
	})
	defer stop()
	s.out.wait(func() bool {
		return ctx.Err() != nil || s.out.ended || !s.handling.busy.Load() && !s.pending.owes(time.Now().Add(-patience), wanted)
	})
}

// owes reports whether a wanted request that was sent after since is not answered.
func (ps *pendings[R]) owes(since time.Time, wanted func(R) bool) bool {
	for p := range ps.unanswered {
		if p.At.After(since) && wanted(p.Ref) {
			return true
		}
	}
	return false
}

// newest returns when the last of the wanted requests that are not answered was sent, zero if there are
// none.
func (ps *pendings[R]) newest(wanted func(R) bool) (at time.Time) {
	for p := range ps.unanswered {
		if p.At.After(at) && wanted(p.Ref) {
			at = p.At
		}
	}
	return at
}

// unanswered yields the requests under way and those that have expired. Of the latter some were answered
// late, and have no reference any more.
func (ps *pendings[R]) unanswered(yield func(Pending[R]) bool) {
	for _, p := range ps.open.all {
		if !yield(p) {
			return
		}
	}
	for _, expired := range []map[uint32]Pending[R]{ps.late.newer, ps.late.older} {
		for _, p := range expired {
			if !yield(p) {
				return
			}
		}
	}
}
