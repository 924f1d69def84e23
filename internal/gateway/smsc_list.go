package gateway

import (
	"net"
	"sync"
	"time"

	"readback/internal/pool"
	"readback/relay/message"
)

// SMSCSession is what an operator sees of a session with the SMSC: that of an ESME in mirror mode, or one of the
// gateway's own binds in shared mode.
type SMSCSession struct {
	ID         uint32 // mirror mode: of the ESME's session; shared mode: the number of the bind, from 0
	Account    string // mirror mode: of the ESME; empty until the SMSC has accepted the bind
	Addr       string // of the SMSC
	State      string // as in package pool
	Since      time.Time
	IsTLS      bool
	Unanswered int       // requests that the SMSC has not answered
	Window     int       // how many there may be now; 0 is no limit
	Widest     int       // how many there may be while the SMSC does not throttle
	Retry      time.Time // shared mode: when it is tried again; zero unless it waits
	Lost       error     // shared mode: why it was lost last, or not granted; nil: never
}

// smscSide is the session with the SMSC of a mirror link, as it is shown.
type smscSide struct {
	session *smscSession
	addr    net.Addr
	since   time.Time
	isTLS   bool
}

// smscNews is what the last connection to the SMSC says of it, in mirror mode.
type smscNews struct {
	mu    sync.Mutex
	since time.Time // when it came or went; zero: nobody has asked for it yet
	err   error     // why it did not take the last connection; nil: it did
}

// note notes the result of a connection.
func (n *smscNews) note(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.since.IsZero() || (err == nil) != (n.err == nil) {
		n.since = time.Now()
	}
	n.err = err
}

func (n *smscNews) get() (since time.Time, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.since, n.err
}

// SMSC is what is known of the SMSC as a whole.
type SMSC struct {
	Up    bool
	Since time.Time // when it came or went; zero: not known
	Error error     // why it is not there; nil while it is
}

// SMSC says whether the SMSC is there, since when, and why not: a bind of the pool is up, or the SMSC has taken the
// connection that an ESME needed last.
func (g *Gateway) SMSC() SMSC {
	if g.pool == nil {
		since, err := g.smscNews.get()
		return SMSC{err == nil, since, err}
	}
	var s SMSC
	for _, b := range g.pool.Binds() {
		switch {
		case b.State != pool.Bound:
			if b.Lost != nil {
				s.Error = b.Lost
			}
		case !s.Up || b.Since.Before(s.Since):
			s.Up, s.Since = true, b.Since
		}
	}
	if s.Up {
		s.Error = nil
		return s
	}
	s.Since = g.pool.Down()
	return s
}

// SMSCUp reports whether the SMSC is there, as far as is known.
func (g *Gateway) SMSCUp() bool {
	if g.pool != nil {
		return g.pool.Up()
	}
	_, err := g.smscNews.get()
	return err == nil
}

// SMSCSessions returns the sessions with the SMSC by ID. It never waits for the SMSC.
func (g *Gateway) SMSCSessions() []SMSCSession {
	if g.pool == nil {
		return g.mirrored()
	}
	binds := g.pool.Binds()
	all := make([]SMSCSession, len(binds))
	for i, b := range binds {
		all[i] = SMSCSession{
			ID: uint32(b.N), Addr: b.Addr, State: b.State, Since: b.Since, IsTLS: b.IsTLS, Unanswered: b.Unanswered,
			Window: b.Window, Widest: b.Widest, Retry: b.Retry, Lost: b.Lost,
		}
	}
	return all
}

// mirrored returns the SMSC's side of all links that have one.
func (g *Gateway) mirrored() []SMSCSession {
	all := []SMSCSession{}
	for _, l := range g.open.sorted() {
		side := l.smscSide.Load()
		if side == nil {
			continue
		}
		s := SMSCSession{
			ID: uint32(l.id), Addr: side.addr.String(), State: pool.Binding, Since: side.since, IsTLS: side.isTLS,
			Unanswered: side.session.Outstanding(), Window: side.session.Window(), Widest: g.opt.Window,
		}
		if side.session.State().IsBound() {
			s.State = pool.Bound
		}
		if isClosed(l.bound) { // else the bind may be written at the moment
			s.Account = message.Shown(l.bind.account)
		}
		all = append(all, s)
	}
	return all
}

// EndSMSCSession ends a session with the SMSC politely. In mirror mode the ESME's session ends with it, as by
// EndSession. In shared mode the gateway binds again. It returns false if there is no such session, or it is not bound.
func (g *Gateway) EndSMSCSession(id uint32) bool {
	if g.pool != nil {
		return g.pool.End(int(id))
	}
	l := g.open.find(message.Session(id))
	if l == nil || l.smscSide.Load() == nil {
		return false
	}
	return g.EndSession(l.id)
}

// show notes the SMSC's session of the link for SMSCSessions.
func (l *link) show(session *smscSession, conn net.Conn) {
	l.smscSide.Store(&smscSide{session: session, addr: conn.RemoteAddr(), since: time.Now(), isTLS: isTLS(conn)})
}
