package relay

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

var (
	// ErrDown says that the log is away: no number can be given now.
	ErrDown = errors.New("ledger is down")
	// ErrBusy says that a conversation has had W numbers out for too long.
	ErrBusy = errors.New("conversation waits for the log")

	// ErrAsIs says that an earlier part of the message went on in a form that this one
	// must have, too.
	ErrAsIs = errors.New("the message goes on as it came")

	// ErrStopped says that the relay has stopped.
	ErrStopped = errors.New("ledger has stopped")

	// errStarting says that the log has not been read yet.
	errStarting = errors.New("ledger is starting")
)

// status says whether numbers can be given and reads taken, and if not, why.
type status struct {
	up atomic.Bool

	// Guarded by mu.
	mu      sync.Mutex
	err     error
	final   bool          // err will not change any more
	changed chan struct{} // closed at each change
}

func newStatus() *status {
	return &status{err: errStarting, changed: make(chan struct{})}
}

// set makes err the reason why nothing works; nil when everything does.
func (s *status) set(err error) { s.change(err, false) }

// end makes err the reason for good.
func (s *status) end(err error) { s.change(err, true) }

func (s *status) change(err error, final bool) {
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

// get returns the reason, and before it a channel that is closed when it has changed.
func (s *status) get() (<-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed, s.err
}

// wait returns when everything works, never will, or ctx has ended.
func (s *status) wait(ctx context.Context) error {
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
