// Package relay keeps the ledger of numbered messages, takes read responses, and delivers the
// feedback on them.
package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"readback/relay/access"
	"readback/relay/broker"
	"readback/relay/feedback"
	"readback/relay/index"
	"readback/relay/intake"
	"readback/relay/journal"
	"readback/relay/ledger"
	"readback/relay/reads"
)

// Relay owns the connection to NATS, the streams, the ledger, and the services that take reads and
// deliver feedback.
type Relay struct {
	opt      Options
	settings atomic.Pointer[Settings]
	log      *slog.Logger
	metrics  *metrics
	opened                     // what Open has opened
	status   *ledger.Status    // that of the ledger
	conn     broker.Connection // set by Run before status is up
	signals

	ledger   *ledger.Partition
	callers  *access.Callers
	reads    *reads.Service
	api      *intake.API
	feedback *feedback.Service
	*eraser
	maintenance *maintenance
}

// opened is what is open from Open to Close.
type opened struct {
	lock   io.Closer // of the store
	index  *index.Index
	broker *broker.Server // the embedded NATS server; nil without
	close  func() error   // closes all of it, once
}

// signals say how far Run has got.
type signals struct {
	connected chan struct{} // gets a value when the connection to NATS is there again
	begun     chan struct{} // closed when the streams are there
	taking    chan struct{} // closed when what MQTT clients send is taken from its stream
}

// Open locks the store, opens the index, and starts the embedded server if there is to
// be one. It does not wait for a NATS cluster. What it opens is closed by Run or Close.
func Open(opt Options) (*Relay, error) {
	if err := opt.Validate(); err != nil {
		return nil, fmt.Errorf("open relay: %w", err)
	}
	r := &Relay{
		opt: opt, log: opt.logger(), metrics: newMetrics(opt.Registerer), status: ledger.NewStatus(),
		signals: signals{connected: make(chan struct{}, 1), begun: make(chan struct{}), taking: make(chan struct{})},
		callers: access.NewCallers(opt.Rules),
	}
	addDown(opt.Registerer, r.Ready)
	r.close = sync.OnceValue(r.closeAll)
	r.settings.Store(&opt.Settings)
	if err := r.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("open relay: %w", err), r.Close())
	}
	r.ledger = r.newLedger()
	r.feedback = r.makeFeedback()
	budget, audit := reads.NewBudget(r.metrics.reads), reads.NewAudit(r.log, r.opt.Audit, r.mask, intake.Code)
	r.reads = reads.New(r.ledger, r.index, reads.Options{
		Limits: r.opt.Limits, First: r.opt.First, Last: r.opt.Last, Keep: r.opt.Keep, Wait: r.opt.ReadWait,
		Proofs: r.opt.Proofs, Budget: budget, Audit: audit, Metrics: r.metrics.reads,
	})
	optOuts := reads.NewOptOuts(r.ledger, r.index)
	r.maintenance = &maintenance{index: r.index, ledger: r.ledger, optOuts: optOuts, keep: r.opt.Keep, log: r.log}
	r.eraser = &eraser{ledger: r.ledger, reads: r.reads, feedback: r.feedback, erased: r.metrics.erased, busy: make(chan struct{}, 1)}
	r.api = intake.NewAPI(intake.APIOptions{
		Submitter: intake.NewSubmitter(r.reads, r.callers), Audit: audit, OptOuts: optOuts, Erase: r.Erase, Origins: r.opt.Origins,
		Conversations: reads.NewConversations(r.ledger, r.index, budget, r.opt.Keep),
	})
	return r, nil
}

// newLedger returns the ledger of the relay, which has the same status.
func (r *Relay) newLedger() *ledger.Partition {
	return ledger.New(ledger.Options{
		First: r.opt.First, Last: r.opt.Last, Conversations: r.opt.conversations(), Keep: r.opt.Keep, SameID: r.opt.SameID,
		Followed:  func() error { return r.feedback.CountOutbox() },
		Events:    func(account []byte) bool { return r.feedback.WantsEvents(account) },
		Applied:   func(res *index.Result) { r.feedback.Applied(res) },
		Connected: r.connected, Logger: r.log, Registerer: r.opt.Registerer,
	}, r.index, r.status)
}

func (r *Relay) makeFeedback() *feedback.Service {
	return feedback.New(&feedback.Config{
		Settings: r.opt.Settings.Settings, Delivery: r.opt.DeliveryOptions, Replicas: r.opt.Replicas,
		Index: r.index, Begun: r.begun, Metrics: r.metrics.feedback, Log: r.log,
		Ledger: feedback.Ledger{
			// An idle ledger has not noticed yet that the connection is lost. There is one when it is up.
			IsUp:    func() bool { return r.ledger.IsUp() && r.conn.NC.IsConnected() },
			Enqueue: r.ledger.Enqueue, Submit: r.ledger.Submit,
			IsSending: r.ledger.OnItsWay, FindMessage: r.ledger.Find,
		},
	})
}

func (r *Relay) open() error {
	if err := os.MkdirAll(r.opt.Store, 0o750); err != nil {
		return err
	}
	var err error
	if r.lock, err = index.LockStore(r.opt.Store); err != nil {
		return fmt.Errorf("store %s is in use by another readback: %w", r.opt.Store, err)
	}
	r.index = index.New(filepath.Join(r.opt.Store, "index"), r.log)
	r.index.CacheSize = r.opt.cache()
	if err = r.index.Open(); err != nil {
		return err
	}
	if r.opt.NATS == Embedded {
		r.broker, err = r.startBroker()
	}
	return err
}

// Ledger gives the numbers.
func (r *Relay) Ledger() *ledger.Partition { return r.ledger }

// API is the HTTP API of callers.
func (r *Relay) API() *intake.API { return r.api }

// Refused counts a connection to the HTTP API that was closed at once.
func (r *Relay) Refused(reason string) { r.metrics.refused.WithLabelValues(reason).Inc() }

// OperatorHandler is the HTTP API of the operator.
func (r *Relay) OperatorHandler() http.Handler {
	return intake.AdminHandler(r.feedback, r.begun)
}

// Reads takes the read responses.
func (r *Relay) Reads() *reads.Service { return r.reads }

// SetCallers puts other rules in force: who may send read responses and ask for conversations.
// On an error the rules stay.
func (r *Relay) SetCallers(rules access.Rules) error {
	opt := r.opt
	opt.Rules = rules
	if err := opt.validateAuth(); err != nil {
		return err
	}
	if r.callers.Set(rules) && r.broker != nil {
		r.broker.DisconnectClients()
	}
	return nil
}

// Feedback delivers what the accounts are told.
func (r *Relay) Feedback() *feedback.Service { return r.feedback }

// Ready returns nil when numbers can be given and reads taken, else the reason.
func (r *Relay) Ready() error {
	_, err := r.status.Get()
	if err == nil && !r.conn.NC.IsConnected() { // an idle ledger has not noticed yet
		err = fmt.Errorf("%w: %w", ledger.ErrDown, journal.Unreachable(r.conn.NC, journal.ErrNotConnected))
	}
	return err
}

// WaitReady returns when Ready returns nil, or never will, or when ctx has ended.
func (r *Relay) WaitReady(ctx context.Context) error { return r.status.Wait(ctx) }

// ClientURL is where clients reach the embedded server; empty when it listens nowhere.
func (r *Relay) ClientURL() string {
	if r.broker == nil {
		return ""
	}
	return r.broker.ClientURL()
}

// Run connects, brings the index to the end of the log, begins an epoch and serves
// until ctx ends; then it stops cleanly, within ten seconds. It is called once.
func (r *Relay) Run(ctx context.Context) error {
	running, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	if r.broker != nil {
		wg.Go(func() { r.broker.Run(running) })
	}
	err := r.run(ctx)
	stop()
	wg.Wait()
	return errors.Join(err, r.Close())
}

func (r *Relay) run(ctx context.Context) error {
	if err := r.connect(); err != nil {
		return err
	}
	r.feedback.Connect(r.conn.JS)
	ways := intake.NewNATSWays(intake.NATSOptions{
		Submitter: intake.NewSubmitter(r.reads, r.callers), Conn: r.conn.NC, JetStream: r.conn.JS, Logger: r.log,
		MQTT: r.opt.NATS != Embedded || r.opt.MQTT != nil, Taking: func() { close(r.taking) },
	})
	answered, err := ways.Answer(ctx) // with 503 until the ledger is up
	if err != nil {
		return err
	}
	if err := r.begin(ctx); err != nil {
		answered()
		defer r.feedback.Stop()
		if ctx.Err() != nil {
			r.status.End(ledger.ErrStopped)
			return nil
		}
		r.status.End(fmt.Errorf("%w: %w", ledger.ErrStopped, err))
		return err
	}
	close(r.begun)
	hard, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := make(chan struct{})
	appended := make(chan error, 1)
	go func() { appended <- r.ledger.Run(hard, stop) }()

	r.work(ctx, ways, answered)

	r.status.End(ledger.ErrStopped)
	deadline := time.AfterFunc(r.opt.stopWithin, cancel)
	defer deadline.Stop()
	close(stop)
	if err := <-appended; err != nil {
		return fmt.Errorf("ledger stopped without a stop record: %w", err)
	}
	return nil
}

// work runs everything beside the appender until ctx ends, and waits until the requests are answered.
func (r *Relay) work(ctx context.Context, ways intake.NATSWays, answered func()) {
	var wg sync.WaitGroup
	for _, f := range []func(context.Context){r.ledger.ResolveReceipts, r.feedback.Run, r.maintenance.run, ways.Take} {
		wg.Go(func() { f(ctx) })
	}
	<-ctx.Done()
	answered()
	wg.Wait()
	r.feedback.Stop()
}

// Close gives back what Open opened, without a clean stop of the ledger. Run calls it.
func (r *Relay) Close() error { return r.close() }

func (r *Relay) closeAll() error {
	r.status.End(ledger.ErrStopped)
	if r.conn.NC != nil {
		r.conn.NC.Close()
	}
	var errs []error
	if r.index != nil {
		errs = append(errs, r.index.Close())
	}
	if r.broker != nil {
		r.broker.Shutdown()
	}
	if r.lock != nil {
		errs = append(errs, r.lock.Close())
	}
	return errors.Join(errs...)
}
