package gateway

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"readback/internal/crash"
	"readback/smpp"
)

// Shared is how the gateway binds to the SMSC itself, for all ESMEs (shared mode).
type Shared struct {
	Addrs      []string // of the SMSC, in the order of preference
	SystemID   string
	Password   string
	SystemType string
	Binds      int // sessions, each a bind_transceiver
}

// pool is the gateway's own sessions to the SMSC.
type pool struct {
	g     *Gateway
	slots []*slot

	waiting atomic.Int32 // in Send
	mu      sync.Mutex
	room    sync.Cond // on mu: a session may have room, or is one no more
}

func newPool(g *Gateway) *pool {
	p := &pool{g: g}
	p.room.L = &p.mu
	for n := range g.opt.Shared.Binds {
		s := &slot{pool: p, n: n}
		s.waiting.SetLimit(maxBackground)
		p.slots = append(p.slots, s)
	}
	return p
}

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

// up reports whether any session is bound.
func (p *pool) up() bool {
	for _, s := range p.slots {
		if s.current() != nil {
			return true
		}
	}
	return false
}

// Ready says why no message can be passed on now: nil in mirror mode, where each
// ESME has a connection of its own.
func (g *Gateway) Ready() error {
	if g.pool != nil && !g.pool.up() {
		return errNoBind
	}
	return nil
}

// Send puts out a request on the session with the most room. Where none has any it
// waits for the first that does, so that one that hangs holds up no one. It fails
// when no session is bound.
func (p *pool) Send(f smpp.Frame, arrived time.Time, r *request) error {
	defer crash.OnPanic()
	if err := p.TrySend(f, arrived, r); !errors.Is(err, smpp.ErrNoRoom) {
		return err
	}
	p.Flush() // what we wait for may hang on it
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting.Add(1)
	defer p.waiting.Add(-1)
	for {
		err := p.TrySend(f, arrived, r)
		if !errors.Is(err, smpp.ErrNoRoom) {
			p.room.Signal() // there may be room for another
			return err
		}
		p.room.Wait()
	}
}

// TrySend is Send where the caller may not wait.
func (p *pool) TrySend(f smpp.Frame, arrived time.Time, r *request) error {
	defer crash.OnPanic()
	for {
		var roomiest *smscSession
		most, err := 0, errNoBind
		for _, s := range p.slots {
			session := s.current()
			if session == nil {
				continue
			}
			err = smpp.ErrNoRoom
			if room := session.Room(); room > most {
				roomiest, most = session, room
			}
		}
		if roomiest == nil {
			return err
		}
		if roomiest.TrySend(f, arrived, r) == nil {
			return nil
		}
		// Another took the room, or the session has ended: look again.
	}
}

// TrySendOver is TrySend on any session, if none has room.
func (p *pool) TrySendOver(f smpp.Frame, arrived time.Time, r *request) error {
	defer crash.OnPanic()
	err := p.TrySend(f, arrived, r)
	if !errors.Is(err, smpp.ErrNoRoom) {
		return err
	}
	for _, s := range p.slots {
		if session := s.current(); session != nil && session.TrySendOver(f, arrived, r) == nil {
			return nil
		}
	}
	return err
}

// mayHaveRoom wakes one who waits for room: an answer makes room for one.
func (p *pool) mayHaveRoom() {
	if p.waiting.Load() == 0 {
		return
	}
	p.mu.Lock()
	p.room.Signal()
	p.mu.Unlock()
}

// changed wakes all who wait for room.
func (p *pool) changed() {
	p.mu.Lock()
	p.room.Broadcast()
	p.mu.Unlock()
}

// Flush lets what was put out leave.
func (p *pool) Flush() {
	for _, s := range p.slots {
		if session := s.current(); session != nil {
			session.Flush()
		}
	}
}
