package smpp

import (
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// Pending is a request that was sent and waits for its response.
type Pending[R any] struct {
	ID  pdu.ID
	Seq uint32    // the sequence_number that its maker gave it
	At  time.Time // when it was sent
	Ref R         // what the sender gave to get it back with the response

	answer chan pdu.Status // of a Call
}

// pendings are the requests under way to one peer, by the sequence_number they
// carry there.
type pendings[R any] struct {
	open map[uint32]Pending[R]
	late map[uint32]struct{} // answered in the peer's stead; its own word may still come
	own  uint32              // the last number of a request of ours
}

// maxLate bounds how many late answers are told from unasked ones.
const maxLate = 1024

func newPendings[R any]() pendings[R] {
	return pendings[R]{
		open: make(map[uint32]Pending[R]), late: make(map[uint32]struct{}), own: OwnSeq - 1,
	}
}

// add files p under its own sequence_number, or under one of ours if that is in
// use or was given up on, and returns it.
func (ps *pendings[R]) add(p Pending[R]) uint32 {
	seq := p.Seq
	if _, used := ps.open[seq]; used || ps.isLate(seq) {
		seq = ps.nextOwn()
	}
	ps.open[seq] = p
	return seq
}

// addOwn files a request that the session makes itself.
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

// takeBind removes the bind that f answers under a number of its own, as one
// SMSC does: there is at most one bind under way.
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

// isLate tells whether the request seq was given up on.
func (ps *pendings[R]) isLate(seq uint32) bool {
	_, ok := ps.late[seq]
	return ok
}

// takeLate tells whether seq was given up on, and forgets it.
func (ps *pendings[R]) takeLate(seq uint32) bool {
	ok := ps.isLate(seq)
	delete(ps.late, seq)
	return ok
}

// expire removes and returns the requests that were sent before the instant
// given, and says when the oldest of the others was sent.
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
