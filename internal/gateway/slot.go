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

// slot is the place of one session: never two sessions where one should be.
type slot struct {
	pool *pool
	n    int // which of the slots, from 0

	mu      sync.Mutex
	session *smscSession // nil unless it has bound; guarded by mu
	room    room         // guarded by mu

	waiting errgroup.Group // receipts and reads of subscribers; see maxBackground
}

// current is the slot's session while that is bound, else nil.
func (s *slot) current() *smscSession {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session == nil || !s.session.State().IsBound() {
		return nil
	}
	return s.session
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
	session := g.newSMSCSession(conn, s.pool.mayHaveRoom)
	lasting := context.WithoutCancel(ctx)
	over := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		bound, err = s.bind(ctx, session)
		if err != nil {
			session.Finish(err)
			return
		}
		select {
		case <-over:
		case <-ctx.Done():
			unbind(lasting, session, errStopping)
		}
	})
	reason := session.Run(lasting, fromPool{s, session})
	if p, ok := errors.AsType[*smpp.PanicError](reason); ok {
		s.panicked(p.Value, p.Stack)
	}
	close(over)
	wg.Wait()
	s.set(nil)
	_ = s.waiting.Wait() // they return no errors
	for _, p := range session.Abandoned() {
		p.Ref.link.answerInStead(p)
	}
	if err == nil {
		err = reason
	}
	return bound, err
}

// bind binds the session as a transceiver, and hands it to the pool.
func (s *slot) bind(ctx context.Context, session *smscSession) (bound bool, err error) {
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

func (s *slot) set(session *smscSession) {
	s.mu.Lock()
	s.session, s.room = session, room{window: float64(s.pool.g.opt.Window)}
	s.mu.Unlock()
	s.pool.changed()
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
