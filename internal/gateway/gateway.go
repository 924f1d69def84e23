// Package gateway is the main path: an ESME in, a number on, the SMSC out; a read
// in, its feedback out. Each ESME connection becomes a link to the SMSC of its
// own, and everything that need not change passes it octet for octet.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/account"
	"readback/relay"
	"readback/relay/message"
	"readback/udh"
)

// Options of a Gateway.
type Options struct {
	SMSC   string  // host:port of the SMSC
	Shared *Shared // the gateway's own binds to it, in shared mode; nil: mirror mode
	// Dial opens a connection to the SMSC.
	Dial func(ctx context.Context, addr string) (net.Conn, error)

	ResponseTimeout time.Duration // for each of its answers, and the ESME's
	DrainTimeout    time.Duration // for the answers under way when the gateway stops
	Window          int           // requests under way to the SMSC on one link
	ESMEWindow      int           // requests under way to the ESME; SMSCs keep well below
	MaxSessions     int           // ESME connections at once
	MaxUnbound      int           // of them, those that have not bound yet; 0: no limit

	WriteTimeout time.Duration // for a peer to take what is sent to it

	SessionInit     time.Duration // for an ESME to bind
	ESMEEnquireLink time.Duration // of an ESME's silence before it is asked; 0: never
	SMSCEnquireLink time.Duration // of the SMSC's silence
	Inactivity      time.Duration // of an ESME without any PDU but enquire_link; 0: no limit

	Form     Form
	IDs      MessageIDs
	Policies Policies

	Holder  Holder // keeps receipts; nil: they pass
	Reads   Reader // takes read responses that come as messages; nil: they pass like others
	Acks    Reader // takes those of ESMEs, from accounts with MayRead; nil: likewise
	ReadIEI byte   // of their element

	Logger     *slog.Logger
	Registerer prometheus.Registerer // for the metrics; nil: none are kept
}

// DefaultOptions are the defaults of docs/operations.md.
func DefaultOptions() Options {
	return Options{
		Dial:            dialTCP,
		ResponseTimeout: 10 * time.Second, DrainTimeout: 10 * time.Second,
		Window: 100, ESMEWindow: 1000, MaxSessions: 1000,
		SessionInit: 10 * time.Second, ESMEEnquireLink: 30 * time.Second, SMSCEnquireLink: 30 * time.Second,
		ReadIEI: 0x81,
		Form:    Form{IEI: 0x80, Marker: udh.DefaultMarker, Default: udh.GSM7},
		Logger:  slog.New(slog.DiscardHandler),
	}
}

// Validate says what of the options cannot be.
func (o Options) Validate() error {
	var errs []error
	check := func(ok bool, what string) {
		if !ok {
			errs = append(errs, errors.New(what))
		}
	}
	if o.Shared == nil {
		check(isHostPort(o.SMSC), "SMSC is not host:port")
	} else {
		check(len(o.Shared.Addrs) > 0, "Shared.Addrs is empty")
		check(!slices.ContainsFunc(o.Shared.Addrs, func(a string) bool { return !isHostPort(a) }), "Shared.Addrs has one that is not host:port")
		check(o.Shared.Binds > 0, "Shared.Binds is not positive")
	}
	check(o.Dial != nil, "Dial is missing")
	check(o.ResponseTimeout > 0, "ResponseTimeout is not positive")
	check(o.Window > 0, "Window is not positive")
	check(o.ESMEWindow > 0, "ESMEWindow is not positive")
	check(o.MaxSessions > 0, "MaxSessions is not positive")
	check(o.Logger != nil, "Logger is missing")
	return errors.Join(errs...)
}

func isHostPort(addr string) bool {
	_, _, err := net.SplitHostPort(addr)
	return err == nil
}

// Deliverer hands an account's feedback to its sessions.
type Deliverer interface {
	// Deliver gives the feedback of account to tell until ctx ends.
	Deliver(ctx context.Context, account string, tell relay.Teller) error
}

// Gateway serves ESMEs.
type Gateway struct {
	opt         Options
	ledger      WholeLedger
	intercept   Interceptor
	deliverer   Deliverer
	policies    policies
	metrics     *metrics
	usages      *account.Usages
	connections *account.Connections
	underway    underway

	// Of shared mode; pool is nil in mirror mode.
	pool          *pool
	members       members
	authenticator *account.Authenticator
}

// New returns a Gateway that numbers by ledger and takes feedback from deliverer.
func New(opt Options, ledger WholeLedger, deliverer Deliverer) (*Gateway, error) {
	if err := opt.Validate(); err != nil {
		return nil, fmt.Errorf("gateway options: %w", err)
	}
	g := &Gateway{
		opt:         opt,
		ledger:      ledger,
		intercept:   Interceptor{Form: opt.Form, Ledger: ledger},
		deliverer:   deliverer,
		metrics:     newMetrics(opt.Registerer),
		usages:      account.NewUsages(),
		underway:    underway{by: make(map[message.Conversation][]flight)},
		connections: account.NewConnections(opt.MaxSessions, opt.MaxUnbound),
	}
	if opt.Shared != nil {
		g.pool, g.authenticator = newPool(g), account.NewAuthenticator(opt.SessionInit)
		g.members.by = make(map[string][]*link)
	}
	g.Use(opt.Policies)
	return g, nil
}

// Use puts other policies in force, for messages that come from now on.
func (g *Gateway) Use(p Policies) { g.policies.use(&p) }

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

// acceptAll makes a link of each connection that ln accepts, within the limits.
func (g *Gateway) acceptAll(ctx context.Context, ln net.Listener, links *sync.WaitGroup) error {
	for {
		conn, err := g.accept(ctx, ln)
		if conn == nil {
			return err
		}
		if reason := g.connections.Add(); reason != "" {
			g.metrics.refused.WithLabelValues(reason).Inc()
			g.opt.Logger.Warn("connection refused", "reason", reason+" is reached", "remote", conn.RemoteAddr().String())
			_ = conn.Close() // nothing was promised to it
			continue
		}
		links.Go(func() {
			newLink(g, conn).run(ctx)
			g.connections.Remove()
		})
	}
}

// Refused counts a connection that did not get as far as the gateway.
func (g *Gateway) Refused(reason string) { g.metrics.refused.WithLabelValues(reason).Inc() }

// runPool runs the gateway's own binds, if it has any, until the function that it
// returns is called.
func (g *Gateway) runPool(ctx context.Context) (stop func()) {
	if g.pool == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { g.pool.run(ctx) })
	return func() { cancel(); running.Wait() }
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
