package smpp

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Session is one SMPP connection. It delimits frames, answers enquire_link, keeps state,
// window and timers, and correlates responses. R is the type of the reference that Send takes
// and Handler.Response gets back. Send, Reply and similar methods are safe for concurrent
// use.
type Session[R any] struct {
	// Static after construction.
	conn net.Conn
	opt  Options
	over chan struct{} // closed when nothing more is read
	hung chan struct{} // closed when the session has hung up

	handlers sync.WaitGroup // read goroutines but the first, also when another one reads on
	goOn     func(*turn)    // starts another read goroutine; set by Run
	end      func()         // ends what runs beside the read goroutines; set by Run

	// Owned by the read goroutine.
	turn    *turn
	in      arrivals
	hasRoom bool // responses have made room in the window, and nobody was woken

	handling  handling
	passesAny atomic.Bool // Options.AnyRequest holds, because the session is bound
	expiring  sync.Mutex  // held during Handler.Expired and Handler.Late; taken before out.mu

	// Guarded by out.mu.
	out     output
	state   State
	pending pendings[R]
	timers  Timers
	ticks   ticks
	cause   error
	unbinds unbinds
	overdue *time.Timer // closes a finished session whose peer does not read; nil: none
	hungUp  bool        // the connection is closed
}

// NewSession returns a session of conn in the state Open. Run starts it.
func NewSession[R any](conn net.Conn, opt Options) *Session[R] {
	if opt.WriteTimeout <= 0 {
		opt.WriteTimeout = DefaultWriteTimeout
	}
	s := &Session[R]{
		conn: conn, in: arrivals{conn: conn, direct: newDirectReader(conn)}, opt: opt, over: make(chan struct{}), hung: make(chan struct{}),
		state: Open, pending: newPendings[R](opt.Window), timers: opt.Timers,
	}
	s.out.init(conn, opt)
	return s
}

// Run serves the session until the peer leaves, ctx ends, a handler fails or the session is
// closed, and returns the reason. It first writes what was sent before, if the peer reads.
// It waits for handlers that called ReadOn. When it returns, no goroutine of the session runs any more.
// A panic of a handler ends the session with a *PanicError.
//
// An idle session waits below Run, which therefore has little on its stack: more than 1200 octets there, with the
// caller, would keep 4 KiB more for each session.
func (s *Session[R]) Run(ctx context.Context, h Handler[R]) error {
	running, release := s.start(ctx, h)
	defer release()
	s.read(running, h, s.turn)
	return s.awaitEnd()
}

// start starts what runs beside the read goroutines. running ends when nothing more is read.
func (s *Session[R]) start(ctx context.Context, h Handler[R]) (running context.Context, release func()) {
	s.opened()
	stop := context.AfterFunc(ctx, func() { s.Close(context.Cause(ctx)) })
	running, s.end = context.WithCancel(ctx) // another variable: the function above may run now
	s.out.start(s.Close, func() {
		defer close(s.hung)
		defer s.stopOverdue()
		s.hangUp()
	})
	s.startTicks(running, h)
	s.goOn = func(t *turn) { s.handlers.Go(func() { s.read(running, h, t) }) }
	s.turn = &turn{r: NewReader(&s.in)}
	return running, func() {
		s.end()
		stop()
	}
}

// awaitEnd returns the reason when no goroutine of the session runs any more.
func (s *Session[R]) awaitEnd() error {
	<-s.over
	s.handlers.Wait()
	s.stopTicks()
	<-s.hung
	return s.reason()
}

func (s *Session[R]) opened() {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	s.timers.Opened(time.Now())
}

// IsOwn reports whether the session has given the sequence_number seq to a request: one that it made
// itself, or one whose own number was in use.
func (s *Session[R]) IsOwn(seq uint32) bool {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	return s.pending.isOwn(seq)
}

// State returns the state of the session (SMPP 3.4 §2.2).
func (s *Session[R]) State() State {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	return s.state
}

// SetState sets the state, for example after a bind was accepted. A closed session stays
// closed.
func (s *Session[R]) SetState(st State) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	if s.state == Closed {
		return
	}
	s.state = st
	s.passesAny.Store(s.opt.AnyRequest && st.IsBound())
	if st.IsBound() {
		s.timers.Bound(time.Now())
		s.ticks.soon()
	}
}

// Close ends the session at once.
func (s *Session[R]) Close(cause error) {
	s.setCause(cause)
	s.out.fail()
	_ = s.conn.Close() // the reader and the writer get an error
}

// Finish ends the session once its output is written. A peer that has unbound is answered. Finish
// waits for UnbindTime at most, even if the peer does not read or held responses are not released.
func (s *Session[R]) Finish(cause error) {
	s.setCause(cause)
	s.answerUnbind()
	if s.out.end() {
		s.startOverdue(cause)
	}
}

// startOverdue starts a timer that closes the session after UnbindTime, unless it hangs up
// before.
func (s *Session[R]) startOverdue(cause error) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	if !s.hungUp {
		s.overdue = time.AfterFunc(UnbindTime, func() { s.Close(cause) })
	}
}

// stopOverdue stops the timer, and notes that the session has hung up.
func (s *Session[R]) stopOverdue() {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	s.hungUp = true
	if s.overdue != nil {
		s.overdue.Stop()
	}
}

// setCause keeps the first reason. Only a panic replaces it, because a panic must be noticed.
func (s *Session[R]) setCause(cause error) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	if s.cause == nil || isPanic(cause) && !isPanic(s.cause) {
		s.cause = cause
	}
	s.state = Closed
	s.passesAny.Store(false)
}

func (s *Session[R]) reason() error {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	return s.cause
}

// Limits of what is still read from the peer when a connection is closed.
const (
	lingerTime   = time.Second
	lingerOctets = 1 << 20
)

// hangUp closes the connection. If the peer still sends, a plain close would reset the
// connection, and the peer could lose the last PDUs, such as a generic_nack or the answers of
// a drain. So hangUp first ends its own direction, and reads until the peer closes too,
// within limits.
func (s *Session[R]) hangUp() {
	if half, ok := s.conn.(interface{ CloseWrite() error }); ok { // TCP and TLS
		// Only the close below matters if one of these fails; after Close all do.
		_ = half.CloseWrite()
		_ = s.conn.SetReadDeadline(time.Now().Add(lingerTime))
		select {
		case <-s.over: // the read goroutine has read all it could
			_ = s.conn.SetReadDeadline(time.Now().Add(lingerTime)) // Await may have taken it back
			_, _ = io.CopyN(io.Discard, s.conn, lingerOctets)
		case <-time.After(lingerTime):
		}
	}
	_ = s.conn.Close() // a second close changes nothing
}
