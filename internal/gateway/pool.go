package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/fiorix/go-smpp/smpp/pdu/pdufield"
	"golang.org/x/sync/errgroup"

	"readback/smpp"
)

// Shared is how the gateway binds to the SMSC itself, for all ESMEs (shared mode).
type Shared struct {
	Addrs      []string // of the SMSC, in the order of preference
	SystemID   string
	Password   string
	SystemType string
	Binds      int // sessions, each a bind_transceiver
	IDs        MessageIDs
}

// pool is the gateway's own sessions to the SMSC.
type pool struct {
	g     *Gateway
	slots []*slot
}

// slot is the place of one session: never two sessions where one should be.
type slot struct {
	pool *pool
	n    int // which of the slots, from 0

	mu      sync.Mutex
	session *smpp.Session // bound, or nil; guarded by mu
	room    room          // guarded by mu

	early errgroup.Group // receipts that wait for the answer to their message
}

func newPool(g *Gateway) *pool {
	p := &pool{g: g}
	for n := range g.opt.Shared.Binds {
		s := &slot{pool: p, n: n}
		s.early.SetLimit(maxEarly)
		p.slots = append(p.slots, s)
	}
	return p
}

// maxEarly bounds the receipts of one bind that wait; more are refused for now.
const maxEarly = 1000

// errNoBind says that no session to the SMSC is bound now.
var errNoBind = errors.New("no bind to the SMSC is up")

// run keeps all slots bound until ctx ends, then unbinds them.
func (p *pool) run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, s := range p.slots {
		wg.Go(func() { s.run(ctx) })
	}
	wg.Wait()
}

// up tells whether any session is bound.
func (p *pool) up() bool { return p.roomiest() != nil }

// Ready says why no message can be passed on now: nil in mirror mode, where each
// ESME has a connection of its own.
func (g *Gateway) Ready() error {
	if g.pool != nil && !g.pool.up() {
		return errNoBind
	}
	return nil
}

// roomiest is the bound slot with the most room in its window; nil if none is bound.
func (p *pool) roomiest() (best *slot) {
	most := 0
	for _, s := range p.slots {
		if free, ok := s.free(); ok && (best == nil || free > most) {
			best, most = s, free
		}
	}
	return best
}

// Send puts out a request on the session with the most room. It waits for room
// where there is none, and fails when no session is bound.
func (p *pool) Send(f smpp.Frame, arrived time.Time, ref any) error {
	for range len(p.slots) + 1 {
		s := p.roomiest()
		if s == nil {
			return errNoBind
		}
		if session := s.current(); session != nil && session.Send(f, arrived, ref) == nil {
			return nil
		}
	}
	return errNoBind
}

// Flush lets what was put out leave.
func (p *pool) Flush() {
	for _, s := range p.slots {
		if session := s.current(); session != nil {
			session.Flush()
		}
	}
}

func (s *slot) current() *smpp.Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.session
}

// free is how many more requests the slot's session may have; ok is false when
// it is not bound.
func (s *slot) free() (n int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session == nil || !s.session.State().IsBound() {
		return 0, false
	}
	return s.session.Window() - s.session.Outstanding(), true
}

// Waits between two tries to reach the SMSC: half to all of it, doubled each time.
const (
	firstRetry = 100 * time.Millisecond
	lastRetry  = 1500 * time.Millisecond
)

// run keeps the slot bound: it tries the addresses in turn, each time from the
// first one on, and waits longer and longer while none takes the bind.
func (s *slot) run(ctx context.Context) {
	wait := firstRetry
	for try := 0; ctx.Err() == nil; try++ {
		addrs := s.pool.g.opt.Shared.Addrs
		addr := addrs[try%len(addrs)]
		bound, err := s.serve(ctx, addr)
		if ctx.Err() != nil {
			return
		}
		s.pool.g.opt.Logger.Warn("bind to the SMSC lost", "bind", s.n, "smsc", addr, "reason", err)
		if bound {
			wait, try = firstRetry, -1
		}
		if !bound && try%len(addrs) != len(addrs)-1 {
			continue // the next address at once
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait/2 + rand.N(wait/2)):
		}
		wait = min(2*wait, lastRetry)
	}
}

// serve opens, binds and runs one session. It tells whether it was ever bound,
// and why it ended.
func (s *slot) serve(ctx context.Context, addr string) (bound bool, err error) {
	g := s.pool.g
	conn, err := g.opt.Dial(ctx, addr)
	if err != nil {
		return false, err
	}
	session := g.smscSession(conn)
	over, end := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	wg.Go(func() {
		bound, err = s.bind(ctx, session)
		if err != nil {
			session.Finish(err)
			return
		}
		select {
		case <-over.Done():
		case <-ctx.Done():
			unbind(session, errStopping)
		}
	})
	reason := session.Run(context.WithoutCancel(ctx), fromPool{s, session, over})
	end()
	wg.Wait()
	s.set(nil)
	_ = s.early.Wait() // they return no errors
	for _, p := range session.Abandoned() {
		p.Ref.(*request).link.answerInStead(p)
	}
	if err == nil {
		err = reason
	}
	return bound, err
}

// bind binds the session as a transceiver, and hands it to the pool.
func (s *slot) bind(ctx context.Context, session *smpp.Session) (bound bool, err error) {
	f, err := bindTransceiver(s.pool.g.opt.Shared)
	if err != nil {
		return false, err
	}
	if err := session.Call(ctx, f); err != nil {
		return false, fmt.Errorf("bind_transceiver: %w", err)
	}
	s.set(session)
	s.pool.g.opt.Logger.Info("bound to the SMSC", "bind", s.n)
	return true, nil
}

func (s *slot) set(session *smpp.Session) {
	s.mu.Lock()
	s.session, s.room = session, room{window: float64(s.pool.g.opt.Window)}
	s.mu.Unlock()
	up := 0.0
	if session != nil {
		up = 1
	}
	s.pool.g.metrics.binds.WithLabelValues(fmt.Sprint(s.n)).Set(up)
}

// bindTransceiver makes the gateway's own bind (SMPP 3.4 §4.1.5).
func bindTransceiver(o *Shared) (smpp.Frame, error) {
	p := pdu.NewBindTransceiver()
	p.Header().Seq = smpp.OwnSeq
	for _, field := range []struct {
		name  pdufield.Name
		value any
	}{
		{pdufield.SystemID, o.SystemID},
		{pdufield.Password, o.Password},
		{pdufield.SystemType, o.SystemType},
		{pdufield.InterfaceVersion, smpp.InterfaceVersion34},
	} {
		if err := p.Fields().Set(field.name, field.value); err != nil {
			return nil, fmt.Errorf("bind_transceiver %s: %w", field.name, err)
		}
	}
	var b bytes.Buffer
	if err := p.SerializeTo(&b); err != nil {
		return nil, fmt.Errorf("bind_transceiver: %w", err)
	}
	return b.Bytes(), nil
}
