package smpp

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// ErrNoAnswer means that the peer did not answer a request in time.
var ErrNoAnswer = errors.New("no response in time")

// ErrNoRoom means that a request cannot be sent without waiting.
var ErrNoRoom = errors.New("window is full or peer does not read")

// Send sends the request f, which arrived at the given time. It keeps the sequence_number of
// f unless that is in use. The session returns ref with the response. Send copies f, and
// waits for the window and for the peer to read. It fails only when the session has ended.
func (s *Session[R]) Send(f Frame, arrived time.Time, ref R) error {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	if !s.roomForRequest() && !s.out.wait(s.roomForRequest) || s.out.ended {
		return ErrClosed
	}
	s.putRequest(f, arrived, ref)
	return nil
}

// TrySend is Send for callers that may not wait. It fails with ErrNoRoom instead, and with ErrUnbinding
// for an unbind while one of the session's own waits for its response.
func (s *Session[R]) TrySend(f Frame, arrived time.Time, ref R) error {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	switch {
	case s.out.ended:
		return ErrClosed
	case f.ID() == pdu.UnbindID && s.pending.unbinding(true):
		return ErrUnbinding
	case !s.roomForRequest():
		return ErrNoRoom
	}
	s.putRequest(f, arrived, ref)
	return nil
}

// TrySendOver is TrySend for requests that ignore the window, because it is better to exceed
// it than not to send them.
func (s *Session[R]) TrySendOver(f Frame, arrived time.Time, ref R) error {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	switch {
	case s.out.ended:
		return ErrClosed
	case len(s.out.buf) > softOutput:
		return ErrNoRoom
	}
	s.putRequest(f, arrived, ref)
	return nil
}

// putRequest stores f as pending and puts it into the output; out.mu is held.
func (s *Session[R]) putRequest(f Frame, arrived time.Time, ref R) {
	seq := f.Seq()
	s.unbinds.sent = s.unbinds.sent || f.ID() == pdu.UnbindID
	if HasResponse(f.ID()) {
		now := s.out.now()
		seq = s.pending.add(Pending[R]{ID: f.ID(), Seq: seq, At: now, Ref: ref})
		s.expects(now)
	}
	s.putWith(f, seq, arrived, ref)
}

// roomForRequest reports whether another request may be sent now; out.mu is held. It is true
// for a session that has ended, so that nobody waits for it.
func (s *Session[R]) roomForRequest() bool {
	return s.out.ended || len(s.out.buf) <= softOutput &&
		(s.opt.Window <= 0 || s.pending.open.len() < s.opt.Window)
}

// Reply sends the response f to the peer's request seq. It never waits: the session of a peer
// that leaves too much unread ends.
func (s *Session[R]) Reply(f Frame, seq uint32, arrived time.Time) error {
	_, err := s.reply(f, seq, arrived, false)
	return err
}

// ReplyHeld is Reply for a response that may be sent only after Release of the returned hold.
// Everything that is sent later waits behind it.
func (s *Session[R]) ReplyHeld(f Frame, seq uint32, arrived time.Time) (hold uint64, err error) {
	return s.reply(f, seq, arrived, true)
}

func (s *Session[R]) reply(f Frame, seq uint32, arrived time.Time, held bool) (hold uint64, err error) {
	if hold, err = s.putReply(f, seq, arrived, held); err == ErrSlowPeer {
		s.Close(ErrSlowPeer)
	}
	return hold, err
}

func (s *Session[R]) putReply(f Frame, seq uint32, arrived time.Time, held bool) (hold uint64, err error) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	if s.out.ended {
		return 0, ErrClosed
	}
	if held {
		hold = s.out.hold()
	}
	s.unbinds.answered(f, seq)
	if !s.put(f, seq, arrived) {
		return 0, ErrSlowPeer
	}
	return hold, nil
}

// Release ends the hold of a response. It never waits.
func (s *Session[R]) Release(hold uint64) { s.out.release(hold) }

// Flush lets what was sent be written. A session flushes when it has nothing more
// to read; other senders call Flush.
func (s *Session[R]) Flush() { s.out.Flush() }

// FlushNow is Flush that writes what the connection takes at once. It never waits. The caller must hold no
// lock.
func (s *Session[R]) FlushNow() { s.out.FlushNow() }

// Call sends a request of the session's own, numbered from OwnSeq up, and waits for its
// response. It returns nil for ESME_ROK, else the pdu.Status, ErrNoAnswer, ErrClosed or the
// error of ctx.
func (s *Session[R]) Call(ctx context.Context, f Frame) error {
	answer := make(chan pdu.Status, 1)
	if err := s.putCall(f, answer); err != nil {
		if err == ErrSlowPeer {
			s.Close(ErrSlowPeer)
		}
		return ErrClosed
	}
	return s.await(ctx, answer)
}

// await waits for the response to a Call. A response that has come is the result, although the session
// or ctx has ended meanwhile.
func (s *Session[R]) await(ctx context.Context, answer <-chan pdu.Status) error {
	var err error
	select {
	case status, ok := <-answer:
		return resultOf(status, ok)
	case <-s.over:
		err = ErrClosed
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	select {
	case status, ok := <-answer:
		return resultOf(status, ok)
	default:
		return err
	}
}

// resultOf returns what Call returns for what came from the channel of its answer.
func resultOf(status pdu.Status, ok bool) error {
	switch {
	case !ok:
		return ErrNoAnswer
	case status != StatusOK:
		return status
	}
	return nil
}

func (s *Session[R]) putCall(f Frame, answer chan pdu.Status) error {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	return s.putOwnRequest(f, answer)
}

// putOwnRequest stores f, a request of the session's own, as pending and puts it into the output; out.mu
// is held.
func (s *Session[R]) putOwnRequest(f Frame, answer chan pdu.Status) error {
	if s.out.ended {
		return ErrClosed
	}
	now := time.Now()
	seq := s.pending.addOwn(Pending[R]{ID: f.ID(), At: now, answer: answer})
	s.expects(now)
	s.unbinds.sent = s.unbinds.sent || f.ID() == pdu.UnbindID
	ok := s.put(f, seq, time.Time{})
	s.out.wakeWriter()
	if !ok {
		return ErrSlowPeer
	}
	return nil
}

// Room returns how many requests TrySend would accept now.
func (s *Session[R]) Room() int {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	switch {
	case s.out.ended || !s.roomForRequest():
		return 0
	case s.opt.Window <= 0:
		return math.MaxInt
	}
	return s.opt.Window - s.pending.open.len()
}

// Outstanding returns how many requests the peer has not answered.
func (s *Session[R]) Outstanding() int {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	return s.pending.open.len()
}

// Window returns how many requests may be under way; see SetWindow.
func (s *Session[R]) Window() int {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	return s.opt.Window
}

// SetWindow changes Options.Window from now on.
func (s *Session[R]) SetWindow(n int) {
	s.setWindow(n)
	s.mayHaveRoom()
}

func (s *Session[R]) setWindow(n int) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	s.opt.Window = n
	s.out.changed()
}

// mayHaveRoom wakes senders that wait for room; out.mu is not held.
func (s *Session[R]) mayHaveRoom() {
	if s.opt.Room != nil {
		s.opt.Room()
	}
}

// Abandoned returns the requests that were never answered, in the order in which they were
// sent. It may be called once, after Run.
func (s *Session[R]) Abandoned() []Pending[R] {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	var left []Pending[R]
	for seq, p := range s.pending.open.all {
		if p.answer == nil && p.ID != pdu.EnquireLinkID {
			left = append(left, p)
		}
		s.pending.open.drop(seq)
	}
	slices.SortFunc(left, func(a, b Pending[R]) int { return a.At.Compare(b.At) })
	return left
}

// WaitAnswered waits until the peer has answered all requests, the session has ended, or ctx
// has.
func (s *Session[R]) WaitAnswered(ctx context.Context) {
	s.waitUntil(ctx, func() bool { return s.pending.open.len() == 0 })
}

// waitUntil waits until done returns true, the session has ended, or ctx has. out.mu is held when done is
// called, and not by the caller.
func (s *Session[R]) waitUntil(ctx context.Context, done func() bool) {
	stop := context.AfterFunc(ctx, func() {
		s.out.mu.Lock()
		defer s.out.mu.Unlock()
		s.out.changed()
	})
	defer stop()
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	s.out.wait(func() bool { return ctx.Err() != nil || s.out.ended || done() })
}
