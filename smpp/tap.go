package smpp

import (
	"net"
	"sync/atomic"
	"time"
)

// Tap lets somebody see the frames of all sessions that have it in their Options. Its zero value is ready, and nobody
// sees them. While nobody does, a frame costs one atomic load.
type Tap struct{ see atomic.Pointer[func(*Tapped)] }

// Tapped is a frame that a session has received, or has put out to its peer. The frames of each direction of a session
// are seen in the order in which they are on the line. A response that is held is seen when it is put out.
type Tapped struct {
	Session any      // *Session[R]
	Owner   any      // Options.Owner
	Conn    net.Conn // of the session
	Sent    bool
	Time    time.Time
	Frame   Frame // valid until the function that sees it returns

	// Of a request that Send or a method like it has put out; else zero.
	Ref any    // what Send was given
	Was uint32 // the sequence_number that the frame had then
}

// Set makes see see all frames from now on; nil: nobody does. Several goroutines call it at once, and a call may be
// under way when Set returns. It must not wait, and must not call a Session, whose lock may be held.
func (t *Tap) Set(see func(*Tapped)) {
	if see == nil {
		t.see.Store(nil)
		return
	}
	t.see.Store(&see)
}

// load returns who sees frames; nil: nobody.
func (t *Tap) load() *func(*Tapped) {
	if t == nil {
		return nil
	}
	return t.see.Load()
}

// showReceived shows a frame that has come to whoever sees frames.
func (s *Session[R]) showReceived(f Frame) {
	if see := s.opt.Tap.load(); see != nil {
		(*see)(&Tapped{Session: s, Owner: s.opt.Owner, Conn: s.conn, Time: s.in.at, Frame: f})
	}
}

// put puts f into the output with the given sequence_number, and shows it to whoever sees frames; out.mu is held. It
// returns false if the peer has left too much unread.
func (s *Session[R]) put(f Frame, seq uint32, arrived time.Time) bool {
	ok := s.out.put(f, seq, arrived)
	if see := s.opt.Tap.load(); see != nil {
		(*see)(s.tapped(f))
	}
	return ok
}

// putWith is put for a request that somebody else has made. ref is what Send was given with it.
func (s *Session[R]) putWith(f Frame, seq uint32, arrived time.Time, ref R) {
	s.out.put(f, seq, arrived)
	if see := s.opt.Tap.load(); see != nil {
		t := s.tapped(f)
		t.Ref, t.Was = ref, f.Seq()
		(*see)(t)
	}
}

// tapped describes the frame that was put into the output last; f is what it was made of. out.mu is held.
func (s *Session[R]) tapped(f Frame) *Tapped {
	end := len(s.out.buf)
	return &Tapped{
		Session: s, Owner: s.opt.Owner, Conn: s.conn, Sent: true, Time: time.Now(), Frame: Frame(s.out.buf[end-len(f) : end : end]),
	}
}
