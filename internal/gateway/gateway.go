// Package gateway is the main path. It passes the messages of ESMEs on to the SMSC, with their
// numbers, and gives the ESMEs the feedback on them. Each connection of an ESME is a link: to an SMSC
// session of its own, or, in shared mode, to the gateway's pool of sessions. Whatever need not change
// passes octet for octet.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"readback/internal/account"
	"readback/internal/lograte"
	"readback/internal/numbering"
	"readback/internal/permit"
	"readback/internal/pool"
	"readback/internal/readresponse"
	"readback/internal/receipts"
	"readback/internal/recent"
	"readback/internal/trace"
	"readback/relay/journal"
	"readback/relay/ledger"
	"readback/relay/message"
	"readback/smpp"
)

// Gateway serves ESMEs.
type Gateway struct {
	opt             Options
	ledger          Ledger
	intercept       numbering.Interceptor
	policies        policies
	metrics         *metrics
	unmatchedSMSC   *unmatched
	unmatchedESME   *unmatched
	usages          *account.Usages
	attempts        *account.Attempts
	lines           lograte.Lines // that strangers can cause
	links           atomic.Uint32 // made so far
	open            openLinks
	cutOff          atomic.Int64 // sessions that were ended before all answers had come
	tap             smpp.Tap     // of all sessions
	traces          *trace.Traces
	smscNews        smscNews // of mirror mode
	receipts        *receipts.Handler
	sent            *recent.Messages
	subscriberReads readresponse.Subscribers
	esmeReads       readresponse.ESMEs
	gate            *permit.Gate
	screen          *readresponse.Screen // nil: read responses are not looked for in what ESMEs send

	// Of shared mode; pool is nil in mirror mode.
	pool          *pool.Pool[*request]
	members       members
	authenticator *account.Authenticator
}

// New returns a Gateway that numbers by ledger.
func New(opt Options, ledger Ledger) (*Gateway, error) {
	if err := opt.Validate(); err != nil {
		return nil, fmt.Errorf("gateway options: %w", err)
	}
	g := &Gateway{
		opt:       opt,
		ledger:    ledger,
		intercept: numbering.Interceptor{Form: opt.Form, Ledger: ledger},
		metrics:   newMetrics(opt.Registerer),
		sent:      recent.NewMessages(opt.IDs),
		usages:    account.NewUsages(),
		attempts:  account.NewAttempts(opt.SessionInit),
	}
	g.traces = g.newTraces()
	g.unmatchedSMSC, g.unmatchedESME = newUnmatched(fromSMSCSide, g.metrics), newUnmatched(fromESMESide, g.metrics)
	g.receipts = receipts.New(receipts.Options{
		Ledger: ledger, IDs: opt.IDs, IsHeld: g.policies.holdReceipts, Hold: opt.Hold,
		Logger: opt.Logger, Registerer: opt.Registerer,
	})
	g.subscriberReads = readresponse.Subscribers{Submit: opt.Reads, IEI: opt.ReadIEI, NeedProof: opt.ReadsNeedProof}
	g.gate = permit.NewGate(permit.Options{Shared: opt.Shared != nil, Pass: opt.Pass, Registerer: opt.Registerer})
	if opt.Reads != nil {
		g.screen = readresponse.NewScreen(readresponse.ScreenOptions{
			IEI: opt.ReadIEI, Strip: opt.StripReads, Alphabet: opt.Form.Default, Packed: opt.Form.Packed, Registerer: opt.Registerer,
		})
	}
	g.esmeReads = readresponse.ESMEs{Submit: opt.Acks, IEI: opt.ReadIEI, Alphabet: opt.Form.Default}
	if opt.Shared != nil {
		g.pool, g.authenticator = g.newPool(), account.NewAuthenticator(account.NewTurns())
		g.members.by = make(map[string][]*link)
	}
	g.Use(opt.Policies)
	addUp(opt.Registerer, g.SMSCUp)
	return g, nil
}

// CutOff returns how many sessions of ESMEs were ended after listen.drain_timeout, before all answers under way had
// come: by a stop of the gateway, or by EndSession.
func (g *Gateway) CutOff() int64 { return g.cutOff.Load() }

// Use puts other policies in force, for messages that come from now on. In shared mode only accounts that are named
// can bind. One that is named no more may have sessions yet, which may send nothing: what it was allowed is not known.
func (g *Gateway) Use(p Policies) {
	p.Default.barred = g.opt.Shared != nil
	g.policies.use(&p)
}

// Serve accepts ESMEs from the listeners until ctx ends. Then it takes no more,
// awaits the answers under way, unbinds both sides of each link, and returns when
// every link is gone. It closes the listeners.
func (g *Gateway) Serve(ctx context.Context, lns ...net.Listener) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := context.AfterFunc(ctx, func() {
		for _, ln := range lns {
			_ = ln.Close() // Accept sees it
		}
	})
	defer stop()
	stopPool := g.runPool(ctx)
	defer stopPool()
	var links sync.WaitGroup
	defer links.Wait() // before the pool, which takes their last answers
	var accepting sync.WaitGroup
	for _, ln := range lns {
		accepting.Go(func() {
			if err := g.acceptAll(ctx, ln, &links); err != nil {
				cancel(err) // the others stop as well
			}
		})
	}
	accepting.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// acceptAll makes a link of each connection that ln accepts.
func (g *Gateway) acceptAll(ctx context.Context, ln net.Listener, links *sync.WaitGroup) error {
	for {
		conn, err := g.accept(ctx, ln)
		if conn == nil {
			return err
		}
		links.Go(func() { newLink(g, conn).run(ctx) })
	}
}

// IsShared reports whether the gateway binds to the SMSC itself.
func (g *Gateway) IsShared() bool { return g.pool != nil }

// Ready returns nil if messages can be passed on now, else the reason. In mirror mode, where each
// ESME has a connection of its own to the SMSC, it returns nil.
func (g *Gateway) Ready() error {
	if g.pool != nil && !g.pool.Up() {
		return pool.ErrDown
	}
	return nil
}

// Refused counts a connection that did not get as far as the gateway.
func (g *Gateway) Refused(reason string) { g.metrics.refused.WithLabelValues(reason).Inc() }

// runPool runs the gateway's own binds, if it has any, until the function that it
// returns is called.
func (g *Gateway) runPool(ctx context.Context) (stop func()) {
	if g.pool == nil {
		return func() {}
	}
	drained, release := g.untilDrained(ctx)
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { g.pool.Run(ctx) })
	return func() {
		g.pool.AwaitAnswers(drained, g.patience(), g.isRecorded)
		release()
		cancel()
		running.Wait()
	}
}

// acceptPause is how long accepting rests after an error such as too many open files.
const acceptPause = 100 * time.Millisecond

// accept returns the next connection, nil when ctx has ended.
func (g *Gateway) accept(ctx context.Context, ln net.Listener) (net.Conn, error) {
	for {
		conn, err := ln.Accept()
		switch {
		case ctx.Err() != nil:
			if conn != nil {
				_ = conn.Close() // too late: nothing was promised to it
			}
			return nil, nil
		case err == nil:
			return conn, nil
		case errors.Is(err, net.ErrClosed):
			return nil, fmt.Errorf("accept: %w", err)
		}
		g.opt.Logger.Warn("accept", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(acceptPause):
		}
	}
}

// connectTimeout is how long dialTCP takes at most.
const connectTimeout = 5 * time.Second

func dialTCP(ctx context.Context, addr string) (net.Conn, error) {
	d := net.Dialer{Timeout: connectTimeout}
	return d.DialContext(ctx, "tcp", addr)
}

// Ledger gives the numbers and learns what became of them.
type Ledger interface {
	numbering.Ledger
	receipts.Ledger
	Accept(s *ledger.Sent, messageID []byte, w ledger.Waiter, token uint64)
	AcceptSplit(s *ledger.Sent, c ledger.Split, w ledger.Waiter, token uint64)
	AcceptLate(s *ledger.Sent, messageID []byte)
	PartIDs(c message.Conversation, id, key []byte) [][]byte
	Owner(account string, id []byte) *journal.IDOwner
	Take(account string, c *message.Conversation, id []byte, always bool)

	// Of shared mode: which account a message_id belongs to.
	Route(account string, p journal.Place, id []byte, w ledger.Waiter, token uint64)
	Routed(c message.Conversation, id []byte) (account string, ok bool)
	AwaitRoute(ctx context.Context, c message.Conversation, id []byte) (account string, ok bool)
}
