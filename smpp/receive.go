package smpp

import (
	"context"
	"errors"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// read handles frame after frame until there is an error, and ends the session with it. It returns
// without one when another goroutine reads on.
func (s *Session[R]) read(ctx context.Context, h Handler[R], t *turn) {
	defer s.stopReading(t)
	if err := s.readAll(ctx, h, t); err != nil {
		s.Finish(err)
	}
}

// stopReading ends the session if the function that defers it panics. It notes that nothing more is read,
// unless another goroutine reads on.
func (s *Session[R]) stopReading(t *turn) {
	if v := recover(); v != nil {
		s.Finish(&PanicError{v, debug.Stack()})
	}
	if !t.handedOn {
		s.end()
		close(s.over)
	}
}

func (s *Session[R]) readAll(ctx context.Context, h Handler[R], t *turn) error {
	for {
		f, err := t.r.Next()
		if err != nil {
			return s.unframed(err)
		}
		s.showReceived(f)
		if err := s.handle(ctx, h, f); err != nil || t.handedOn {
			return err
		}
		if !t.r.Buffered() {
			s.wakeSenders()
			h.Idle()
			s.out.FlushNow()
		}
	}
}

// Arrived returns when the frame that is being handled came in. It is for handlers.
func (s *Session[R]) Arrived() time.Time { return s.in.at }

// unframed answers a stream that is not SMPP (SMPP 3.4 §4.3).
func (s *Session[R]) unframed(err error) error {
	var bad *FrameError
	if errors.As(err, &bad) {
		// If it cannot be sent, the session has ended for another reason.
		_ = s.putOwn(AppendHeader(nil, pdu.GenericNACKID, bad.Status, bad.Seq, 0), bad.Seq)
	}
	if errors.Is(err, net.ErrClosed) {
		return ErrClosed
	}
	return err
}

// handle passes one frame to the handler, or answers it itself.
func (s *Session[R]) handle(ctx context.Context, h Handler[R], f Frame) error {
	id := f.ID()
	if IsResponse(id) {
		return s.response(h, f)
	}
	s.wakeSenders() // the handler of a request may wait
	switch refused := s.heard(f); {
	case refused != StatusOK:
		return s.refuse(f, refused)
	case id == pdu.EnquireLinkID:
		return s.putOwn(AppendHeader(nil, pdu.EnquireLinkRespID, StatusOK, f.Seq(), 0), f.Seq())
	}
	return h.Request(ctx, f)
}

// heard notes that the peer has sent the request f. It returns the status with which the
// state refuses the request, or StatusOK.
func (s *Session[R]) heard(f Frame) pdu.Status {
	id := f.ID()
	ordinary := !IsBind(id) && id != pdu.OutbindID && id != pdu.UnbindID && id != pdu.EnquireLinkID
	if ordinary && s.in.noted && s.passesAny.Load() {
		return StatusOK // as the one before that came with it: no lock for each
	}
	s.in.noted = ordinary
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	if id == pdu.UnbindID && s.state != Closed {
		s.unbinds.owed, s.unbinds.seq = true, f.Seq()
	}
	s.timers.Heard(s.in.at, id != pdu.EnquireLinkID)
	if s.opt.AnyRequest && s.state.IsBound() && !IsBind(id) && id != pdu.OutbindID {
		return StatusOK
	}
	return s.state.Check(id, s.opt.SMSC)
}

// refuse answers a request that the state forbids. An unknown request before the bind gets
// generic_nack. A request that has no response gets none.
func (s *Session[R]) refuse(f Frame, status pdu.Status) error {
	switch {
	case !HasResponse(f.ID()):
		return nil
	case status == StatusInvCmdID:
		return s.putOwn(AppendHeader(nil, pdu.GenericNACKID, status, f.Seq(), 0), f.Seq())
	}
	return s.putOwn(AppendRefusal(nil, f.ID(), status, f.Seq()), f.Seq())
}

// putOwn sends a response that the session makes itself. It waits for the peer to read, so
// that a peer that sends too many requests fills its own buffers and not ours. When the
// session has ended, putOwn sends nothing.
func (s *Session[R]) putOwn(f Frame, seq uint32) error {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	room := func() bool { return s.out.ended || len(s.out.buf) <= softOutput }
	if !room() && !s.out.wait(room) {
		return ErrClosed
	}
	if !s.out.ended {
		s.put(f, seq, time.Time{})
	}
	return nil
}

// response passes f to the handler with the request that it answers.
func (s *Session[R]) response(h Handler[R], f Frame) error {
	err := s.passResponse(h, f)
	s.handled()
	return err
}

func (s *Session[R]) passResponse(h Handler[R], f Frame) error {
	alive := f.ID() == pdu.EnquireLinkRespID // the session's own requests need nothing else
	p, m := s.answered(f, alive)
	s.mayHaveRoom()
	switch {
	case m == matchesLate && alive:
		return nil
	case m == matchesLate:
		return s.late(h, f, p)
	case m == matchesNumber:
		return unmatched(h, f, p)
	case m == matchesNone:
		return h.Unmatched(f, nil)
	case p.answer != nil:
		status := f.Status()
		if f.ID() == pdu.GenericNACKID && status == StatusOK {
			status = StatusSysErr // it accepts nothing
		}
		if IsBind(p.ID) && status == StatusOK {
			s.SetState(BindState(RequestID(f.ID()))) // before the next request of the peer
		}
		p.answer <- status
		return nil
	case p.ID == pdu.EnquireLinkID:
		return nil
	}
	return h.Response(f, p)
}

// late passes f to the handler when that knows that p has expired.
func (s *Session[R]) late(h Handler[R], f Frame, p Pending[R]) error {
	s.expiring.Lock()
	defer s.expiring.Unlock()
	return h.Late(f, p)
}

// unmatched is a function of its own because it allocates p.
func unmatched[R any](h Handler[R], f Frame, p Pending[R]) error { return h.Unmatched(f, &p) }

// answered removes the request that f answers from the pending ones.
func (s *Session[R]) answered(f Frame, alive bool) (p Pending[R], m matched) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	s.handling.busy.Store(true)
	p, m = s.pending.take(f)
	if m == matchesNone && s.state == Open {
		if bind, ok := s.pending.takeBind(f); ok {
			p, m = bind, matchesOpen
		}
	}
	s.timers.Heard(s.in.at, !alive)
	s.hasRoom = true
	return p, m
}

// wakeSenders wakes those that wait for the window, if responses have made room. The responses that one read
// brought make room together, so that those that wait need not wake for each.
func (s *Session[R]) wakeSenders() {
	if !s.hasRoom {
		return
	}
	s.hasRoom = false
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	s.out.changed()
}

// earlyOctets is how much a peer may send ahead while Await waits. Up to this, Await notices
// when the peer leaves.
const earlyOctets = 4 << 10

// early holds the octets that arrived during Await. The read goroutine takes them before it
// reads on.
type early struct {
	octets []byte
	err    error // the error that ended the connection
}

// Await calls wait for a handler that cannot answer a bind at once. The session-init timer
// stops meanwhile, because the peer does not cause the delay. The context of wait ends with
// ctx, and when the peer leaves. Only the read goroutine may call Await, in Handler.Request.
func (s *Session[R]) Await(ctx context.Context, wait func(context.Context)) {
	ctx, left := context.WithCancel(ctx)
	defer left()
	s.setTimers((*Timers).Held)
	var listening sync.WaitGroup
	listening.Go(func() {
		if s.listen() {
			left()
		}
	})
	defer func() { // also when wait panics
		// If these fail the connection is closed, and listen has ended or soon will.
		_ = s.conn.SetReadDeadline(time.Unix(1, 0))
		listening.Wait()
		if len(s.in.early.octets) == 0 {
			s.in.early.octets = nil
		}
		_ = s.conn.SetReadDeadline(time.Time{})
		s.setTimers((*Timers).Resumed)
	}()
	wait(ctx)
}

// listen reads ahead until the peer leaves, earlyOctets have arrived or the read deadline
// ends it. It reports whether the peer has left.
func (s *Session[R]) listen() (left bool) {
	buf := append(make([]byte, 0, earlyOctets), s.in.early.octets...)
	for s.in.early.err == nil && len(buf) < cap(buf) {
		n, err := s.conn.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		s.in.early.octets = buf
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return false
		}
		s.in.early.err = err
	}
	return s.in.early.err != nil
}
