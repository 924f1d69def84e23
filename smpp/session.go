package smpp

import (
	"context"
	"io"
	"net"
	"sync"
	"time"
)

// Session is one SMPP connection: it frames, answers enquire_link, keeps state,
// window and timers, and correlates responses. R is the type of the reference that
// Send takes and Handler.Response gets back. Send, Reply and the like are safe for
// concurrent use.
type Session[R any] struct {
	// Static after construction.
	conn  net.Conn
	opt   Options
	over  chan struct{} // closed when nothing more is read
	bound chan struct{} // wakes the timers: others count now, or the same differently

	// Owned by the read goroutine.
	arrived time.Time // when the octets now being handled came in
	early   early     // lent to listen during Await

	// Guarded by out.mu.
	out     output
	state   State
	pending pendings[R]
	timers  Timers
	cause   error
	overdue *time.Timer // closes a finished session whose peer does not read; nil: none
	hungUp  bool        // the connection is closed
}

// NewSession returns a session of conn in the state Open. Run starts it.
func NewSession[R any](conn net.Conn, opt Options) *Session[R] {
	if opt.WriteTimeout <= 0 {
		opt.WriteTimeout = DefaultWriteTimeout
	}
	s := &Session[R]{
		conn: conn, opt: opt, over: make(chan struct{}), bound: make(chan struct{}, 1),
		state: Open, pending: newPendings[R](), timers: opt.Timers,
	}
	s.out.init(conn, opt)
	return s
}

// Run serves the session until the peer leaves, ctx ends, a handler fails or the
// session is closed, and returns why. What was put out before is written first,
// if the peer reads. It returns last: nothing of the session runs behind it. A handler
// that panics ends the session, with a *PanicError.
func (s *Session[R]) Run(ctx context.Context, h Handler[R]) error {
	s.opened()
	stop := context.AfterFunc(ctx, func() { s.Close(context.Cause(ctx)) })
	defer stop()
	ctx, end := context.WithCancel(ctx)
	defer end()

	var wg sync.WaitGroup
	wg.Go(func() {
		defer s.stopOverdue()
		s.write()
		s.hangUp()
	})
	wg.Go(func() { s.watch(ctx, h) })

	s.read(ctx, h)
	end()
	close(s.over)
	wg.Wait()
	return s.reason()
}

func (s *Session[R]) opened() {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	s.timers.Opened(time.Now())
}

// write writes what is put out until the session ends.
func (s *Session[R]) write() {
	defer recovered(s.Close)
	if err := s.out.run(); err != nil {
		s.Close(writeError(err))
	}
}

// State is where the session is in SMPP 3.4 §2.2.
func (s *Session[R]) State() State {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	return s.state
}

// SetState moves the session on: a bind that passed through was accepted. One
// that is closed stays so.
func (s *Session[R]) SetState(st State) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	if s.state == Closed {
		return
	}
	s.state = st
	if st.IsBound() {
		s.timers.Bound(time.Now())
		select {
		case s.bound <- struct{}{}:
		default: // they will wake anyway
		}
	}
}

// Close ends the session at once.
func (s *Session[R]) Close(cause error) {
	s.setCause(cause)
	s.out.fail()
	_ = s.conn.Close() // the reader and the writer see it
}

// Finish ends the session when what was put out is written; at the latest after
// UnbindTime, whether the peer reads and held responses are released or not.
func (s *Session[R]) Finish(cause error) {
	s.setCause(cause)
	if s.out.end() {
		s.startOverdue(cause)
	}
}

// startOverdue closes the session after UnbindTime, unless it hangs up before.
func (s *Session[R]) startOverdue(cause error) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	if !s.hungUp {
		s.overdue = time.AfterFunc(UnbindTime, func() { s.Close(cause) })
	}
}

// stopOverdue notes that the session has hung up.
func (s *Session[R]) stopOverdue() {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	s.hungUp = true
	if s.overdue != nil {
		s.overdue.Stop()
	}
}

// setCause keeps the first reason, but for a panic, which must not go unnoticed.
func (s *Session[R]) setCause(cause error) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	if s.cause == nil || isPanic(cause) && !isPanic(s.cause) {
		s.cause = cause
	}
	s.state = Closed
}

func (s *Session[R]) reason() error {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	return s.cause
}

// What the peer still sends is read for so long, and up to so many octets, when a
// connection is closed.
const (
	lingerTime   = time.Second
	lingerOctets = 1 << 20
)

// hangUp closes the connection. A close while the peer still sends would reset
// it and take our last PDUs with it, a generic_nack or the answers of a drain. So
// the peer is told that no more will come, and read until it closes as well,
// within bounds.
func (s *Session[R]) hangUp() {
	if half, ok := s.conn.(interface{ CloseWrite() error }); ok { // TCP and TLS
		// Only the close below matters if one of these fails; after Close all do.
		_ = half.CloseWrite()
		_ = s.conn.SetReadDeadline(time.Now().Add(lingerTime))
		select {
		case <-s.over: // the read goroutine took what it could
			_ = s.conn.SetReadDeadline(time.Now().Add(lingerTime)) // Await may have taken it back
			_, _ = io.CopyN(io.Discard, s.conn, lingerOctets)
		case <-time.After(lingerTime):
		}
	}
	_ = s.conn.Close() // a second close changes nothing
}
