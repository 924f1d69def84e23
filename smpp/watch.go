package smpp

import (
	"context"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

const (
	stalled = time.Second // by which a tick is late when the process did not run
	catchUp = time.Second // until the timers act then
)

// lateness notices that the process did not run, because it was stopped or the machine was. What the
// peer sent meanwhile has not been read then: it is read first, before a request counts as not answered.
type lateness struct {
	next time.Time // when the next tick is planned
	was  bool      // the last tick was late
}

// isFirst reports whether the tick is late, and the one before was not.
func (l *lateness) isFirst(now time.Time) bool {
	l.was = !l.was && !l.next.IsZero() && now.Sub(l.next) > stalled
	return l.was
}

// idleTick is the time between two ticks when no timer runs.
const idleTick = time.Minute

// tick does what is due and returns the time until the next tick.
func (s *Session[R]) tick(ctx context.Context, h Handler[R], now time.Time) time.Duration {
	action, next := s.expireDue(h, now) // before act, which may wait for the peer
	if action == Ask {
		s.out.FlushNow()
	}
	s.act(ctx, action)
	if next.IsZero() {
		return idleTick
	}
	return max(next.Sub(now), time.Millisecond)
}

// expireDue passes the requests that have expired to the handler. It returns the action that is due
// and the time of the next tick, as due does.
func (s *Session[R]) expireDue(h Handler[R], now time.Time) (action Action, next time.Time) {
	s.expiring.Lock()
	defer s.expiring.Unlock()
	action, expired, next := s.due(now)
	if len(expired) > 0 {
		s.mayHaveRoom()
	}
	s.expired(h, expired)
	return action, next
}

// due returns the action that is due, the requests that have expired, and the time of the
// next tick; zero if no timer runs.
func (s *Session[R]) due(now time.Time) (action Action, expired []Pending[R], next time.Time) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	action, next = s.timers.Due(now)
	if action == Ask {
		s.timers.Asked(now)
		seq := s.pending.addOwn(Pending[R]{ID: pdu.EnquireLinkID, At: now})
		s.put(AppendHeader(nil, pdu.EnquireLinkID, 0, seq, 0), seq, time.Time{})
		_, next = s.timers.Due(now)
	}
	if s.opt.Response > 0 {
		var oldest time.Time
		expired, oldest = s.pending.expire(now.Add(-s.opt.Response))
		if due := oldest.Add(s.opt.Response); !oldest.IsZero() && (next.IsZero() || due.Before(next)) {
			next = due
		}
		s.out.changed()
	}
	return action, expired, next
}

func (s *Session[R]) act(ctx context.Context, a Action) {
	switch a {
	case Unbind:
		ctx, cancel := context.WithTimeout(ctx, UnbindTime)
		defer cancel()
		s.Unbind(ctx, ErrInactive)
	case Drop:
		err := ErrDead
		if s.State() == Open {
			err = ErrNoBind
		}
		s.Close(err)
	}
}

func (s *Session[R]) expired(h Handler[R], ps []Pending[R]) {
	for _, p := range ps {
		switch {
		case p.answer != nil:
			close(p.answer)
		case p.ID != pdu.EnquireLinkID: // Timers.Answer is responsible for enquire_link
			s.expire(h, p)
		}
	}
}

// expire passes one expired request to the handler. A panic does not affect the other
// requests.
func (s *Session[R]) expire(h Handler[R], p Pending[R]) {
	defer recovered(s.Finish)
	h.Expired(p)
}

// setTimers changes the timers.
func (s *Session[R]) setTimers(change func(*Timers, time.Time)) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	change(&s.timers, time.Now())
	s.ticks.soon()
}

// expects notes that a request was sent at the given time, which expires if it is not answered; out.mu is held.
func (s *Session[R]) expects(at time.Time) {
	if s.opt.Response > 0 && s.pending.open.len() == 1 { // else a tick is planned for those before
		s.ticks.within(at, s.opt.Response)
	}
}
