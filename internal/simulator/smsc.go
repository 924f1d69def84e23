// Package simulator holds the peers of a gateway: an SMSC with handsets behind it, and ESMEs.
// It works on raw octets, by package smpp, so that tests see what a peer would see.
package simulator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"readback/smpp"
)

// maxSessions bounds the sessions of an SMSC; one more is closed at once.
const maxSessions = 10_000

// maxAccounts is the number of accounts beyond which idle ones are forgotten.
const maxAccounts = 10_000

// SMSC is a message centre of many sessions. It answers every operation of SMPP
// 3.4 that an ESME may send, keeps what it received, delivers to handsets and
// sends receipts.
type SMSC struct {
	Recorder

	// Static after construction.
	opt     Options
	network *Network
	store   *store
	enroute *line  // of DeliverAfter, nil without
	delays  delays // of receipts

	sessionIDs atomic.Uint64
	references atomic.Uint32 // of messages in parts
	generation atomic.Uint64 // counts the resets
	limits     atomic.Pointer[limits]

	mu       sync.Mutex
	sessions map[*session]struct{} // guarded by mu, as all below
	accounts map[string]*account
	changed  event // fires when a session is bound or leaves
}

// NewSMSC returns an SMSC. Serve starts it.
func NewSMSC(opt Options) *SMSC {
	c := &SMSC{
		Recorder: Recorder{keep: opt.Keep},
		opt:      opt.withDefaults(),
		network:  opt.Network,
		store:    newStore(opt.DecimalIDs),
		sessions: make(map[*session]struct{}),
		accounts: make(map[string]*account),
	}
	c.SetLimits(opt.Window, opt.Sessions)
	if opt.DeliverAfter > 0 {
		c.enroute = newLine(opt.DeliverAfter)
	}
	return c
}

// limits are those that may change while the SMSC serves.
type limits struct{ window, sessions int }

// SetLimits replaces Options.Window and Options.Sessions. Bound sessions stay.
func (c *SMSC) SetLimits(window, sessions int) { c.limits.Store(&limits{window, sessions}) }

// Network returns the handsets behind the SMSC. It is nil if there are none.
func (c *SMSC) Network() *Network { return c.network }

// Serve accepts sessions from ln until ctx ends, then closes ln and all sessions. It returns
// when the last session has ended, nil if ctx ended it. It may be called once.
func (c *SMSC) Serve(ctx context.Context, ln net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer context.AfterFunc(ctx, func() { _ = ln.Close() })()
	c.delays.ctx = ctx
	defer c.delays.tasks.Wait()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	if c.enroute != nil {
		wg.Go(func() { c.enroute.run(ctx, func() {}) })
	}
	for {
		conn, err := ln.Accept()
		if ctx.Err() != nil {
			if err == nil {
				_ = conn.Close()
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		s := newSession(c, conn)
		if !c.add(s) {
			_ = conn.Close()
			continue
		}
		wg.Go(func() { c.serve(ctx, s) })
	}
}

// serve runs one session and logs its end.
func (c *SMSC) serve(ctx context.Context, s *session) {
	err := s.run(ctx)
	c.leave(s)
	c.mu.Lock()
	delete(c.sessions, s)
	c.mu.Unlock()
	c.opt.Log.Debug("session ended", "session", s.id, "account", s.accountName(), "reason", err)
}

// add registers a new session unless there are too many.
func (c *SMSC) add(s *session) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.sessions) >= maxSessions {
		return false
	}
	c.sessions[s] = struct{}{}
	return true
}

// join adds s to the sessions of the account name, with the rights of its bind.
func (c *SMSC) join(s *session, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.accounts[name]
	if a == nil {
		a = &account{name: name, window: c.opt.DeliverWindow}
		c.accounts[name] = a
	}
	a.join(s)
	c.changed.fire()
}

// isFull reports whether the account name has as many sessions as it may.
func (c *SMSC) isFull(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, most := c.accounts[name], c.limits.Load().sessions
	return most > 0 && a != nil && a.sessions() >= most
}

// leave removes s from its account. The account stays for receipts that are still to come. If
// there are too many accounts, idle ones are forgotten.
func (c *SMSC) leave(s *session) {
	a := s.account.Load()
	if a == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if idle := a.leave(s); idle && len(c.accounts) > maxAccounts {
		delete(c.accounts, a.name)
	}
	c.changed.fire()
}

// WaitBound waits until exactly n sessions of the account are bound. An empty name stands for
// all accounts.
func (c *SMSC) WaitBound(ctx context.Context, name string, n int) error {
	return c.changed.wait(ctx, &c.mu, func() bool {
		bound := 0
		for _, a := range c.accounts {
			if name == "" || name == a.name {
				bound += a.sessions()
			}
		}
		return bound == n
	})
}

// Accepted counts the messages that got a message_id.
func (c *SMSC) Accepted() uint64 { return c.store.accepted() }

// Disconnect closes the connections of the account without unbinding, those not
// bound yet included if name is empty, which stands for all. It returns how many
// they were.
func (c *SMSC) Disconnect(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for s := range c.sessions {
		if name == "" || s.accountName() == name {
			_ = s.conn.Close()
			n++
		}
	}
	return n
}

// Errors of Deliver.
var (
	// ErrNotBound says that the account has no session that may take the PDU.
	ErrNotBound = errors.New("no session of the account can take this")
	// ErrGone says that the session ended before the response.
	ErrGone = errors.New("session ended before the response")
	// ErrSeqInUse says that a request of this sequence_number awaits its response.
	ErrSeqInUse = errors.New("sequence_number is in use")
)

// checkFrame returns the octets as a frame that can be sent and matched.
func checkFrame(b []byte) (smpp.Frame, error) {
	if len(b) < smpp.HeaderLen || len(b) > smpp.MaxFrameLen {
		return nil, fmt.Errorf("a PDU has %d to %d octets, not %d (hint: the header counts)", smpp.HeaderLen, smpp.MaxFrameLen, len(b))
	}
	return bytes.Clone(b), nil
}
