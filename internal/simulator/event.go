package simulator

import (
	"context"
	"sync"
)

// event wakes goroutines that wait for a change. The mutex of the changing state guards it.
// It costs nothing while nobody waits.
type event struct{ ch chan struct{} }

// fire wakes all waiting goroutines; the mutex is held.
func (e *event) fire() {
	if e.ch != nil {
		close(e.ch)
		e.ch = nil
	}
}

// isAwaited reports whether a goroutine has begun to wait since the last fire; the mutex is held.
func (e *event) isAwaited() bool { return e.ch != nil }

// wait returns nil when done returns true, or the error of ctx. It calls done with mu held:
// first at once, then each time the event has fired.
func (e *event) wait(ctx context.Context, mu *sync.Mutex, done func() bool) error {
	for {
		mu.Lock()
		if done() {
			mu.Unlock()
			return nil
		}
		if e.ch == nil {
			e.ch = make(chan struct{})
		}
		fired := e.ch
		mu.Unlock()
		select {
		case <-fired:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
