package smpp

import (
	"context"
	"sync"
	"time"
)

// ticks calls a function when the timers of a session are due, on a goroutine that ends with the call. So a
// session that waits has no goroutine for its timers.
type ticks struct {
	// Static after start.
	tick func(now time.Time) (wait time.Duration) // returns the time until the next tick

	running sync.WaitGroup // a tick

	// Guarded by the mutex of the session's output.
	timer  *time.Timer // nil before start
	late   lateness
	isBusy bool // a tick is running
	again  bool // another one is due when that ends
	isOver bool
}

// startTicks begins with a tick at once.
func (s *Session[R]) startTicks(ctx context.Context, h Handler[R]) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	s.ticks.tick = func(now time.Time) time.Duration { return s.tick(ctx, h, now) }
	s.ticks.timer = time.AfterFunc(0, s.tickNow)
}

// stopTicks returns when no tick runs, and none will.
func (s *Session[R]) stopTicks() {
	s.out.mu.Lock()
	s.ticks.isOver = true
	s.ticks.timer.Stop()
	s.out.mu.Unlock()
	s.ticks.running.Wait()
}

// tickNow runs one tick, unless one is running: then another one follows.
func (s *Session[R]) tickNow() {
	defer recovered(s.Finish)
	now, isLate, ok := s.beginTick()
	if !ok {
		return
	}
	wait := catchUp
	defer func() { s.endTick(now, wait) }()
	if !isLate {
		wait = s.ticks.tick(now)
	}
}

func (s *Session[R]) beginTick() (now time.Time, isLate, ok bool) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	t := &s.ticks
	if t.isOver || t.isBusy {
		t.again = true
		return now, false, false
	}
	t.isBusy, t.again = true, false
	t.running.Add(1)
	now = time.Now()
	return now, t.late.isFirst(now), true
}

func (s *Session[R]) endTick(now time.Time, wait time.Duration) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	t := &s.ticks
	t.isBusy = false
	t.running.Done()
	if t.again {
		now, wait = time.Time{}, 0
	}
	t.plan(now, wait)
}

// plan lets the next tick come after wait. now is when that was decided, or zero if it does not matter whether
// the tick is late.
func (t *ticks) plan(now time.Time, wait time.Duration) {
	t.late.next = time.Time{}
	if !now.IsZero() {
		t.late.next = now.Add(wait)
	}
	if !t.isOver {
		t.timer.Reset(wait)
	}
}

// soon lets a tick come at once, because what is due may have changed; out.mu is held.
func (t *ticks) soon() {
	switch {
	case t.timer == nil: // it begins with one
	case t.isBusy:
		t.again = true
	default:
		t.plan(time.Time{}, 0)
	}
}

// within lets the next tick come wait after now at the latest; out.mu is held.
func (t *ticks) within(now time.Time, wait time.Duration) {
	switch {
	case t.timer == nil:
	case t.isBusy:
		t.again = true
	case t.late.next.After(now.Add(wait)):
		t.plan(now, wait)
	}
}
