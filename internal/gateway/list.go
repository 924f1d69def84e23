package gateway

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/relay/message"
)

// Session is what an operator sees of the session of an ESME.
type Session struct {
	ID         message.Session
	Account    string // the system_id; empty before the bind
	Remote     net.Addr
	Bind       pdu.ID    // bind_transmitter, bind_receiver or bind_transceiver; zero before the bind
	Since      time.Time // when it was connected
	IsTLS      bool
	Unanswered int64          // requests of the ESME that have no response yet
	Held       int64          // those of them that the gateway holds back
	Deliveries int            // requests that the ESME has not answered: feedback, receipts and MO messages
	Messages   uint64         // that the ESME has sent
	LastSecond uint64         // those of them in the last whole second
	Limits     account.Limits // of the account
}

// openLinks are the links that there are.
type openLinks struct {
	mu sync.Mutex
	by map[message.Session]*link // guarded by mu
}

func (o *openLinks) add(l *link) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.by == nil {
		o.by = make(map[message.Session]*link)
	}
	o.by[l.id] = l
}

func (o *openLinks) remove(l *link) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.by, l.id)
}

// sorted returns the links, the oldest first.
func (o *openLinks) sorted() []*link {
	o.mu.Lock()
	all := slices.Collect(maps.Values(o.by))
	o.mu.Unlock()
	slices.SortFunc(all, func(a, b *link) int { return cmp.Compare(a.id, b.id) })
	return all
}

func (o *openLinks) find(id message.Session) *link {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.by[id]
}

// Sessions returns the sessions of all ESMEs, the oldest first. It never waits for one of them.
func (g *Gateway) Sessions() []Session {
	all := make([]Session, 0, 16)
	for _, l := range g.open.sorted() {
		all = append(all, l.describe())
	}
	return all
}

func (l *link) describe() Session {
	s := Session{ID: l.id, Remote: l.remote, Since: l.since, IsTLS: l.isTLS, Unanswered: l.unanswered.n.Load(), Held: l.unanswered.held.Load(), Deliveries: l.esme.Outstanding()}
	s.Messages, s.LastSecond = l.sends.look(time.Now())
	if isClosed(l.bound) { // else the bind may be written at the moment
		s.Account, s.Bind = message.Shown(l.bind.account), l.bind.id
		s.Limits = l.g.policies.of(l.bind.account).Limits
	}
	return s
}

// errEnded ends a session that an operator does not want.
var errEnded = errors.New("ended by an operator")

// EndSession ends the session of an ESME as a stop of the gateway does: it takes nothing new, awaits the answers
// under way, up to listen.drain_timeout, and is unbound. EndSession does not wait for that. It returns false if there
// is no such session.
func (g *Gateway) EndSession(id message.Session) bool {
	l := g.open.find(id)
	if l == nil {
		return false
	}
	go l.drain(context.Background(), errEnded)
	return true
}

func isTLS(conn net.Conn) bool {
	_, ok := conn.(*tls.Conn)
	return ok
}
