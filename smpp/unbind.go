package smpp

import (
	"context"
	"errors"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// ErrUnbinding means that an unbind was not sent because one waits for its response.
var ErrUnbinding = errors.New("unbind has been sent")

// unbinds is what a session knows of unbind in both directions.
type unbinds struct {
	sent bool   // the peer has been sent one, and gets no second one of the session's own
	owed bool   // the peer has sent one that is not answered
	seq  uint32 // of that
}

// answered notes that the peer has been sent the response f to its request seq.
func (u *unbinds) answered(f Frame, seq uint32) {
	if u.owed && u.seq == seq && (f.ID() == pdu.UnbindRespID || f.ID() == pdu.GenericNACKID) {
		u.owed = false
	}
}

// answerUnbind answers the peer's unbind if nobody has: a session that ends has nobody to ask. Both sides may
// unbind at the same time, and then the answer to one unbind ends the session.
func (s *Session[R]) answerUnbind() {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	if s.unbinds.owed && !s.out.ended {
		s.unbinds.owed = false
		s.put(AppendHeader(nil, pdu.UnbindRespID, StatusOK, 0, 0), s.unbinds.seq, time.Time{})
	}
}

// Unbind sends unbind, waits for the response until ctx ends, and ends the session (SMPP 3.4
// §4.2). If an unbind was sent before, by whomever, Unbind sends no second one and waits for the
// response to that.
func (s *Session[R]) Unbind(ctx context.Context, cause error) {
	answer, err := s.putUnbind()
	switch {
	case err == ErrSlowPeer:
		s.Close(ErrSlowPeer)
	case err == ErrUnbinding:
		s.waitUntil(ctx, func() bool { return !s.pending.unbinding(false) })
	case err == nil:
		// The session ends in any case, so the answer does not matter.
		_ = s.await(ctx, answer)
	}
	s.Finish(cause)
}

// putUnbind puts out an unbind, and returns the channel of its answer. It fails with ErrUnbinding if an
// unbind was sent before.
func (s *Session[R]) putUnbind() (<-chan pdu.Status, error) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	if s.unbinds.sent {
		return nil, ErrUnbinding
	}
	answer := make(chan pdu.Status, 1)
	return answer, s.putOwnRequest(AppendHeader(nil, pdu.UnbindID, 0, 0, 0), answer)
}

// unbinding reports whether an unbind waits for its response; own: one that the session made itself.
func (ps *pendings[R]) unbinding(own bool) bool {
	for _, p := range ps.open.all {
		if p.ID == pdu.UnbindID && (p.answer != nil || !own) {
			return true
		}
	}
	return false
}
