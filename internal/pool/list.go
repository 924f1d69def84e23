package pool

import (
	"crypto/tls"
	"errors"
	"net"
	"time"
)

// States of a bind.
const (
	Connecting = "connecting"
	Binding    = "binding" // connected; the SMSC has not answered the bind
	Bound      = "bound"
	Unbinding  = "unbinding" // nothing new is sent; it awaits the answers under way
	Waiting    = "waiting"   // until the next try
)

// Bind is what an operator sees of one of the gateway's own binds.
type Bind struct {
	N          int    // which of them, from 0
	Addr       string // of the SMSC, of the last try
	State      string
	Since      time.Time // when the state began
	IsTLS      bool
	Unanswered int       // requests that the SMSC has not answered
	Window     int       // how many there may be now
	Widest     int       // how many there may be while the SMSC does not throttle; 0 is no limit
	Retry      time.Time // when it is tried again; zero unless it waits
	Lost       error     // why it was lost last, or not granted; nil: never
}

// condition is what is shown of a slot.
type condition struct {
	addr, state string
	since       time.Time
	isTLS       bool
	retry       time.Time
	lost        error
	down        time.Time // when it was up last, or made
}

// note changes what is shown of the slot.
func (s *slot[R]) note(state string, change func(*condition)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown.state, s.shown.since, s.shown.retry = state, time.Now(), time.Time{}
	if change != nil {
		change(&s.shown)
	}
}

// Binds returns all binds. It never waits for the SMSC.
func (p *Pool[R]) Binds() []Bind {
	all := make([]Bind, len(p.slots))
	for i, s := range p.slots {
		s.mu.Lock()
		c, session := s.shown, s.session
		s.mu.Unlock()
		all[i] = Bind{N: s.n, Addr: c.addr, State: c.state, Since: c.since, IsTLS: c.isTLS, Retry: c.retry, Lost: c.lost, Widest: p.opt.Session.Window}
		if session != nil {
			all[i].Unanswered, all[i].Window = session.Outstanding(), session.Window()
		}
	}
	return all
}

// Down returns since when no bind is up, if none is.
func (p *Pool[R]) Down() (since time.Time) {
	for _, s := range p.slots {
		s.mu.Lock()
		if s.shown.down.After(since) {
			since = s.shown.down
		}
		s.mu.Unlock()
	}
	return since
}

var errEnded = errors.New("ended by an operator")

// End ends the session of a bind politely: nothing new is sent on it, the answers under way are awaited, for as long
// as the SMSC may take to answer, and it is unbound. Then it is bound again. End does not wait for that. It returns
// false if the bind is not up.
func (p *Pool[R]) End(n int) bool {
	if n < 0 || n >= len(p.slots) || p.slots[n].current() == nil {
		return false
	}
	select {
	case p.slots[n].end <- struct{}{}:
	default: // it is being ended
	}
	return true
}

func isTLS(conn net.Conn) bool {
	_, ok := conn.(*tls.Conn)
	return ok
}
