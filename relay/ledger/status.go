package ledger

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

var (
	// ErrDown says that the log is unavailable: no number can be given now.
	ErrDown = errors.New("ledger is down")
	// ErrBusy says that a conversation may give no number, and that Assign has waited for too long.
	ErrBusy = errors.New("conversation waits for the log")

	// ErrStopped says that the relay has stopped.
	ErrStopped = errors.New("ledger has stopped")

	// ErrStarting says that the log has not been read yet.
	ErrStarting = errors.New("ledger is starting")
)

// Status says whether numbers can be given and reads taken, and if not, why.
type Status struct {
	up atomic.Bool

	// Guarded by mu.
	mu      sync.Mutex
	err     error
	final   bool          // err will not change any more
	changed chan struct{} // closed at each change
}

// NewStatus returns the status of a log that has not been read yet: ErrStarting.
func NewStatus() *Status {
	return &Status{err: ErrStarting, changed: make(chan struct{})}
}

// Set makes err the reason why nothing works; nil when everything does.
func (s *Status) Set(err error) { s.change(err, false) }

// End makes err the reason for good.
func (s *Status) End(err error) { s.change(err, true) }

func (s *Status) change(err error, final bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.final {
		return
	}
	s.err, s.final = err, final
	s.up.Store(err == nil)
	close(s.changed)
	s.changed = make(chan struct{})
}

// Get returns the reason, and before it a channel that is closed when it has changed.
func (s *Status) Get() (<-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed, s.err
}

// Wait returns when everything works, never will, or ctx has ended.
func (s *Status) Wait(ctx context.Context) error {
	for {
		s.mu.Lock()
		err, final, changed := s.err, s.final, s.changed
		s.mu.Unlock()
		if err == nil || final {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
		case <-changed:
		}
	}
}
