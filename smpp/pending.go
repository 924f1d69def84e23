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

// answeredBy reports whether a response with the command_id resp answers p, if it has the
// sequence_number of p. A generic_nack answers any request (SMPP 3.4 §4.3). The response to any bind
// answers a bind, because some SMSCs grant another type than they were asked for.
func (p *Pending[R]) answeredBy(resp pdu.ID) bool {
	return resp == ResponseID(p.ID) || resp == pdu.GenericNACKID || IsBind(p.ID) && IsBind(RequestID(resp))
}

// pendings holds the unanswered requests to one peer, by the sequence_number with which they
// were sent.
type pendings[R any] struct {
	open ring[R]
	late late[R]
	own  uint32 // the last number that was taken of those from OwnSeq up
}

// newPendings returns the pendings of a session with this window, as in Options.
func newPendings[R any](window int) pendings[R] {
	return pendings[R]{late: newLate[R](window), own: OwnSeq - 1}
}

// add stores p under its own sequence_number, and returns that. If the number is in use, is one that
// the session has given, or may belong to an expired request, p gets one of the session's own numbers.
func (ps *pendings[R]) add(p Pending[R]) uint32 {
	seq := p.Seq
	switch {
	case ps.open.has(seq) || ps.isOwn(seq) || ps.late.has(seq) || ps.late.hasForgotten:
		seq = ps.nextOwn()
	case seq == ps.own+1 && seq <= MaxSeq:
		ps.own = seq // the session does not give it again
	}
	ps.open.put(seq, p)
	return seq
}

// isOwn reports whether the session has given the number seq to a request, since its numbers began at
// OwnSeq.
func (ps *pendings[R]) isOwn(seq uint32) bool { return seq >= OwnSeq && seq <= ps.own }

// addOwn stores a request that the session makes itself.
func (ps *pendings[R]) addOwn(p Pending[R]) uint32 {
	p.Seq = ps.nextOwn()
	ps.open.put(p.Seq, p)
	return p.Seq
}

func (ps *pendings[R]) nextOwn() uint32 {
	for {
		if ps.own++; ps.own > MaxSeq {
			ps.own = OwnSeq
		}
		if !ps.open.has(ps.own) && !ps.late.has(ps.own) {
			return ps.own
		}
	}
}

// matched says what a response answers.
type matched uint8

const (
	matchesNone   matched = iota
	matchesNumber         // a request under way has its sequence_number, but is another one
	matchesOpen           // it answers a request under way
	matchesLate           // it answers a request that has expired
)

// take removes the request that f answers. A request belongs to a response by sequence_number and
// command. If another request under way has the sequence_number, take returns that one: without its
// reference if it has the number only where it comes from.
func (ps *pendings[R]) take(f Frame) (p Pending[R], m matched) {
	seq := f.Seq()
	if p, ok := ps.open.get(seq); ok {
		if !p.answeredBy(f.ID()) {
			return p, matchesNumber
		}
		ps.open.drop(seq)
		return p, matchesOpen
	}
	if p, ok := ps.late.take(f); ok {
		return p, matchesLate
	}
	for _, p := range ps.open.all {
		if p.Seq == seq {
			return Pending[R]{ID: p.ID, Seq: seq, At: p.At}, matchesNumber
		}
	}
	return p, matchesNone
}

// takeBind removes the bind that f answers with another sequence_number. One SMSC does so. At
// most one bind is under way.
func (ps *pendings[R]) takeBind(f Frame) (Pending[R], bool) {
	for seq, p := range ps.open.all {
		if IsBind(p.ID) && IsBind(RequestID(f.ID())) {
			p.Seq = f.Seq()
			ps.open.drop(seq)
			return p, true
		}
	}
	return Pending[R]{}, false
}

// expire removes and returns the requests that were sent before the given time. It also
// returns when the oldest of the others was sent.
func (ps *pendings[R]) expire(before time.Time) (expired []Pending[R], oldest time.Time) {
	for seq, p := range ps.open.all {
		if p.At.After(before) {
			if oldest.IsZero() || p.At.Before(oldest) {
				oldest = p.At
			}
			continue
		}
		ps.open.drop(seq)
		ps.late.add(seq, p)
		expired = append(expired, p)
	}
	ps.open.shrink()
	return expired, oldest
}
