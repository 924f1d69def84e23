// Package pool is the gateway's own sessions with the SMSC in shared mode: it keeps them bound, and
// sends each request on the session with the most room.
package pool

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"readback/internal/crash"
	"readback/smpp"
)

// Config is how the gateway binds to the SMSC itself, for all ESMEs (shared mode).
type Config struct {
	Addrs      []string // of the SMSC, in the order of preference
	SystemID   string
	Password   string
	SystemType string
	Binds      int // sessions, each a bind_transceiver
}

// Validate says what of the configuration cannot be.
func (c *Config) Validate() error {
	var errs []error
	if len(c.Addrs) == 0 {
		errs = append(errs, errors.New("no address"))
	}
	for _, addr := range c.Addrs {
		if _, _, err := net.SplitHostPort(addr); err != nil {
			errs = append(errs, fmt.Errorf("address %q is not host:port", addr))
		}
	}
	if c.Binds <= 0 {
		errs = append(errs, errors.New("number of binds is not positive"))
	}
	return errors.Join(errs...)
}

// Options are the options of a Pool.
type Options[R any] struct {
	Config Config
	// Dial opens a connection to the SMSC.
	Dial func(ctx context.Context, addr string) (net.Conn, error)
	// Session has the options of each session. Its Window is the widest that a session has; its Room
	// is set by the pool.
	Session smpp.Options
	// Handler returns the handler of a new session. bind is which of the binds it is, from 0.
	Handler func(bind int, session *smpp.Session[R]) Handler[R]
	// Open returns where the open requests of the account are counted whose request r is. Without Open
	// all accounts share the room as they come.
	Open func(r R) *atomic.Int64

	Logger  *slog.Logger
	Metrics *Metrics
}

// Handler handles what the SMSC sends on one session.
type Handler[R any] interface {
	smpp.Handler[R]
	// Ended is called once, with the reason, when Run of the session has returned. The next session
	// of the same bind starts when Ended has returned.
	Ended(reason error)
}

// Pool is the gateway's own sessions with the SMSC. R is the type of the reference that comes back
// with an answer, as in smpp.Session.
type Pool[R any] struct {
	opt   Options[R]
	slots []*slot[R]

	waiting atomic.Int32 // callers that wait in Send
	mu      sync.Mutex
	queue   []*waiter // guarded by mu: those of them that are not to try again yet
}

// New returns a Pool. Run binds its sessions.
func New[R any](opt Options[R]) *Pool[R] {
	p := &Pool[R]{opt: opt}
	p.opt.Session.Room = p.mayHaveRoom
	began := time.Now()
	for n := range opt.Config.Binds {
		p.slots = append(p.slots, &slot[R]{pool: p, n: n, end: make(chan struct{}, 1), shown: condition{state: Connecting, since: began, down: began}})
		opt.Metrics.set(n, false)
	}
	return p
}

// ErrDown says that no session with the SMSC is bound now.
var ErrDown = errors.New("no bind to the SMSC is up")

// Run keeps all sessions bound until ctx ends, then unbinds them.
func (p *Pool[R]) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, s := range p.slots {
		wg.Go(func() { s.run(ctx) })
	}
	wg.Wait()
}

// Up reports whether any session is bound.
func (p *Pool[R]) Up() bool {
	for _, s := range p.slots {
		if s.current() != nil {
			return true
		}
	}
	return false
}

// Send sends a request on the session with the most room. If no session has room, or the account has
// its share of it, Send waits, so that one SMSC session that hangs holds up nobody. Of those that wait,
// the account with the fewest open requests is next. It fails when no session is bound.
func (p *Pool[R]) Send(f smpp.Frame, arrived time.Time, r R) error {
	defer crash.OnPanic()
	if err := p.TrySend(f, arrived, r); !errors.Is(err, smpp.ErrNoRoom) {
		return err
	}
	p.Flush() // the answer that makes room may depend on it
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting.Add(1)
	defer p.waiting.Add(-1)
	for open := p.openOf(r); ; {
		err := p.TrySend(f, arrived, r)
		if !errors.Is(err, smpp.ErrNoRoom) {
			p.wakeOne() // there may be room for another
			return err
		}
		p.wait(open)
	}
}

// TrySend is Send for callers that may not wait. It fails with smpp.ErrNoRoom if there is no room for
// the account.
func (p *Pool[R]) TrySend(f smpp.Frame, arrived time.Time, r R) error {
	defer crash.OnPanic()
	return p.trySend(f, arrived, r, p.openOf(r))
}

// TrySendOver is TrySend that ignores the window if no session has room.
func (p *Pool[R]) TrySendOver(f smpp.Frame, arrived time.Time, r R) error {
	defer crash.OnPanic()
	err := p.TrySend(f, arrived, r)
	if !errors.Is(err, smpp.ErrNoRoom) {
		return err
	}
	open := p.openOf(r)
	open.Add(1) // before an answer can come
	for _, s := range p.slots {
		if session := s.current(); session != nil && session.TrySendOver(f, arrived, r) == nil {
			return nil
		}
	}
	open.Add(-1)
	return err
}

// AwaitAnswers waits for the answers of the SMSC on each session; see smpp.Session.
func (p *Pool[R]) AwaitAnswers(ctx context.Context, patience time.Duration, wanted func(ref R) bool) {
	for _, s := range p.slots {
		if session := s.current(); session != nil {
			session.AwaitAnswers(ctx, patience, wanted)
		}
	}
}

// mayHaveRoom wakes one caller that waits for room, because an answer makes room for one request.
func (p *Pool[R]) mayHaveRoom() {
	if p.waiting.Load() == 0 {
		return
	}
	p.mu.Lock()
	p.wakeOne()
	p.mu.Unlock()
}

// changed wakes all callers that wait for room.
func (p *Pool[R]) changed() {
	p.mu.Lock()
	p.wakeAll()
	p.mu.Unlock()
}

// Flush lets what was put out leave, on all sessions.
func (p *Pool[R]) Flush() { p.flush((*smpp.Session[R]).Flush) }

// FlushNow is Flush for callers that hold no lock; see smpp.Session.
func (p *Pool[R]) FlushNow() { p.flush((*smpp.Session[R]).FlushNow) }

func (p *Pool[R]) flush(one func(*smpp.Session[R])) {
	for _, s := range p.slots {
		if session := s.current(); session != nil {
			one(session)
		}
	}
}
