package smpp

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// Reasons for which a session ends, as Run returns them. A peer that just went
// away is io.EOF, a stream that is not SMPP a *FrameError.
var (
	ErrClosed   = errors.New("session is closed")
	ErrUnbound  = errors.New("unbound")
	ErrSlowPeer = errors.New("peer does not read")
	ErrDead     = errors.New("peer does not answer enquire_link")
	ErrNoBind   = errors.New("peer did not bind in time")
	ErrInactive = errors.New("inactive for too long")
)

// UnbindTime is how long a session waits for unbind_resp: many ESMEs send none.
const UnbindTime = 5 * time.Second

// Options of a session. The zero value has no timers and no window.
type Options struct {
	SMSC bool // the peer is an SMSC; else it is an ESME
	// Window is how many requests may be under way to the peer; 0: no limit. Of two
	// sessions that send to each other from their handlers one at most may ever
	// fill its window: with both full, each waits for answers that stand behind
	// requests of the other, until Response is over.
	Window       int
	Timers       Timers        // SMPP 3.4 §7.2
	Response     time.Duration // how long the peer may take to answer a request; 0: for ever
	WriteTimeout time.Duration // how long the peer may take nothing; DefaultWriteTimeout if 0
	// Observe is told, for one frame at a time, how long it was in here: from its
	// arrival on the other session until it was written.
	Observe func(added time.Duration)
	// Room is told that TrySend may have room where it had none. It must not wait.
	Room func()
}

// DefaultWriteTimeout is how long a peer may leave unread what is sent to it.
const DefaultWriteTimeout = 30 * time.Second

// Handler takes what a Session[R] does not see to itself. Its methods but Expired
// run on the read goroutine, in wire order; frames are valid until they return.
type Handler[R any] interface {
	// Request is called for each request that the state allows, except
	// enquire_link. An error ends the session. ctx is that of Run; it also ends
	// when the session has read its last frame.
	Request(ctx context.Context, f Frame) error
	// Response is called with the request that it answers.
	Response(f Frame, to Pending[R]) error
	// Unmatched is called for a response that answers nothing; late tells that it
	// answers a request that had expired.
	Unmatched(f Frame, late bool) error
	// Expired is called for a request without response in time, on the timers'
	// goroutine.
	Expired(to Pending[R])
	// Idle is called when no whole frame is left to handle: the time to flush.
	Idle()
}

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
