package smpp

import (
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// Pending is a request that was sent and waits for its response.
type Pending[R any] struct {
	ID  pdu.ID
	Seq uint32    // the sequence_number that the sender gave it
	At  time.Time // when it was sent
	Ref R         // what the sender gets back with the response

	answer chan pdu.Status // set for a Call
}

// pendings holds the unanswered requests to one peer, by the sequence_number with which they
// were sent.
type pendings[R any] struct {
	open map[uint32]Pending[R]
	late map[uint32]struct{} // numbers of expired requests; a response may still come
	own  uint32              // the last number of a request that the session made itself
}

// maxLate limits how many expired requests are remembered, by which a late response differs
// from one that answers nothing.
const maxLate = 1024

func newPendings[R any]() pendings[R] {
	return pendings[R]{
		open: make(map[uint32]Pending[R]), late: make(map[uint32]struct{}), own: OwnSeq - 1,
	}
}

// add stores p under its own sequence_number, and returns p. If the number is in use or
// belongs to an expired request, p gets one of the session's own numbers.
func (ps *pendings[R]) add(p Pending[R]) uint32 {
	seq := p.Seq
	if _, used := ps.open[seq]; used || ps.isLate(seq) {
		seq = ps.nextOwn()
	}
	ps.open[seq] = p
	return seq
}

// addOwn stores a request that the session makes itself.
func (ps *pendings[R]) addOwn(p Pending[R]) uint32 {
	p.Seq = ps.nextOwn()
	ps.open[p.Seq] = p
	return p.Seq
}

func (ps *pendings[R]) nextOwn() uint32 {
	for {
		if ps.own++; ps.own > MaxSeq {
			ps.own = OwnSeq
		}
		if _, used := ps.open[ps.own]; !used && !ps.isLate(ps.own) {
			return ps.own
		}
	}
}

// take removes the request that a response with seq answers.
func (ps *pendings[R]) take(seq uint32) (Pending[R], bool) {
	p, ok := ps.open[seq]
	if ok {
		delete(ps.open, seq)
	}
	return p, ok
}

// takeBind removes the bind that f answers with another sequence_number. One SMSC does so. At
// most one bind is under way.
func (ps *pendings[R]) takeBind(f Frame) (Pending[R], bool) {
	for seq, p := range ps.open {
		if IsBind(p.ID) && ResponseID(p.ID) == f.ID() {
			p.Seq = f.Seq()
			delete(ps.open, seq)
			return p, true
		}
	}
	return Pending[R]{}, false
}

// isLate reports whether the request seq has expired.
func (ps *pendings[R]) isLate(seq uint32) bool {
	_, ok := ps.late[seq]
	return ok
}

// takeLate reports whether the request seq has expired, and forgets it.
func (ps *pendings[R]) takeLate(seq uint32) bool {
	ok := ps.isLate(seq)
	delete(ps.late, seq)
	return ok
}

// expire removes and returns the requests that were sent before the given time. It also
// returns when the oldest of the others was sent.
func (ps *pendings[R]) expire(before time.Time) (expired []Pending[R], oldest time.Time) {
	for seq, p := range ps.open {
		if p.At.After(before) {
			if oldest.IsZero() || p.At.Before(oldest) {
				oldest = p.At
			}
			continue
		}
		delete(ps.open, seq)
		if len(ps.late) >= maxLate {
			clear(ps.late)
		}
		ps.late[seq] = struct{}{}
		expired = append(expired, p)
	}
	return expired, oldest
}
