// Package relay keeps the ledger of numbered messages, takes read responses, and delivers the
// feedback on them.
package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"readback/relay/access"
	"readback/relay/broker"
	"readback/relay/cdr"
	"readback/relay/feedback"
	"readback/relay/history"
	"readback/relay/index"
	"readback/relay/intake"
	"readback/relay/journal"
	"readback/relay/ledger"
	"readback/relay/message"
	"readback/relay/reads"
	"readback/relay/statistics"
)

// Relay owns the connection to NATS, the streams, the ledger, and the services that take reads and
// deliver feedback.
type Relay struct {
	opt      Options
	settings atomic.Pointer[Settings]
	log      *slog.Logger
	metrics  *metrics
	opened
	status *ledger.Status // that of the ledger
	signals

	ledger   *ledger.Partition
	callers  *access.Callers
	reads    *reads.Service
	api      *intake.API
	feedback *feedback.Service
	*eraser
	histories   *history.Finder
	records     *cdr.Writer // nil: there are no call detail records
	maintenance *maintenance
	backup      sync.Mutex // held while one is made
}

// opened is what Run opens, and opens again, and Close closes.
type opened struct {
	store  *store
	index  *index.Index
	broker *broker.Server             // the embedded NATS server; nil without
	conn   atomic.Pointer[connection] // nil until there was one
	close  func() error               // closes all of it, once
}

// signals say how far Run has got.
type signals struct {
	connected chan struct{} // gets a value when the connection to NATS is there again
	begun     chan struct{} // closed when the streams are there
	taking    chan struct{} // closed when what MQTT clients send is taken from its stream

	beginOnce, takeOnce func() // close begun and taking
}

func newSignals() signals {
	s := signals{connected: make(chan struct{}, 1), begun: make(chan struct{}), taking: make(chan struct{})}
	s.beginOnce = sync.OnceFunc(func() { close(s.begun) })
	s.takeOnce = sync.OnceFunc(func() { close(s.taking) })
	return s
}

// Open returns a relay that does not run yet. What is wrong with the store is no error, because it may
// change: Run opens the store when it can. It is an error if another process uses the store, and if the
// embedded server cannot listen where it is to. What is open is closed by Run or Close.
func Open(opt Options) (*Relay, error) {
	if err := opt.Validate(); err != nil {
		return nil, fmt.Errorf("open relay: %w", err)
	}
	r := &Relay{
		opt: opt, log: opt.logger(), metrics: newMetrics(opt.Registerer), status: ledger.NewStatus(),
		signals: newSignals(), callers: access.NewCallers(opt.Rules),
	}
	addDown(opt.Registerer, r.Ready)
	addReplay(opt.Registerer, func() index.Progress { return r.index.Progress() })
	r.settings.Store(&opt.Settings)
	r.close = sync.OnceValue(r.closeAll)
	r.store, r.index = &store{dir: opt.Store, log: r.log}, index.New(filepath.Join(opt.Store, "index"), r.log)
	r.index.CacheSize = r.opt.cache()
	if opt.NATS == Embedded {
		var err error
		if r.broker, err = r.newBroker(); err != nil {
			return nil, fmt.Errorf("open relay: %w", err)
		}
	}
	r.connectParts()
	if err := r.store.openLock(); errors.Is(err, ErrInUse) {
		return nil, errors.Join(fmt.Errorf("open relay: %w", err), r.Close())
	}
	return r, nil
}

// connectParts creates the ledger and the services, and connects them.
func (r *Relay) connectParts() {
	r.ledger = ledger.New(r.ledgerOptions(), r.index, r.status)
	r.feedback = r.makeFeedback()
	budget, audit := reads.NewBudget(r.metrics.reads), reads.NewAudit(r.log, r.opt.Audit, r.mask, intake.Code)
	r.reads = reads.New(r.ledger, r.index, reads.Options{
		Limits: r.opt.Limits, First: r.opt.First, Last: r.opt.Last, Keep: r.opt.Keep, Wait: r.opt.ReadWait,
		Proofs: r.opt.Proofs, Budget: budget, Audit: audit, Metrics: r.metrics.reads,
	})
	optOuts := reads.NewOptOuts(r.ledger, r.index)
	r.maintenance = &maintenance{index: r.index, ledger: r.ledger, optOuts: optOuts, keep: r.opt.Keep, log: r.log}
	r.eraser = &eraser{
		ledger: r.ledger, purge: r.index.Purge, reads: r.reads, feedback: r.feedback, erased: r.metrics.erased,
		busy: make(chan struct{}, 1), settle: func(context.Context) error { return nil },
	}
	r.api = intake.NewAPI(intake.APIOptions{
		Submitter: intake.NewSubmitter(r.reads, r.callers), Audit: audit, OptOuts: optOuts, Erase: r.Erase, Origins: r.opt.Origins, Hosts: r.opt.Hosts,
		Conversations: reads.NewConversations(r.ledger, r.index, budget, r.opt.Keep),
	})
	r.histories = history.New(history.Options{
		Index: r.index, CatchUp: r.ledger.CatchUp, OwnersOf: r.ledger.OwnersOf, FindFeedback: r.findFeedback, Work: budget.Work, Keep: r.opt.Keep,
	})
	if r.opt.CDR.Dir != "" {
		r.records = cdr.NewWriter(cdr.Options{
			Settings: r.opt.CDR, Lookup: r.histories.At, Now: time.Now, Log: r.log, Metrics: r.metrics.cdr,
		})
		r.eraser.settle = r.records.Await
	}
}

// ledgerOptions returns the options of the ledger of the relay.
func (r *Relay) ledgerOptions() ledger.Options {
	return ledger.Options{
		First: r.opt.First, Last: r.opt.Last, Conversations: r.opt.conversations(), Keep: r.opt.Keep, IDs: r.opt.IDs,
		Followed: func() error { return r.feedback.CountOutbox() },
		Taken:    func(p *journal.Place, by message.Session) { r.feedback.Sent(&p.Conv, p.Number, by) },
		Events:   func(account []byte) bool { return r.feedback.WantsEvents(account) },
		Applied: func(res *index.Result) {
			r.feedback.Applied(res)
			r.metrics.messages.Applied(res)
			if len(res.Steps) > 0 {
				r.opt.Steps(res.Steps)
			}
		},
		Sampled:   r.opt.Sampled,
		Yield:     runtime.Gosched,
		Connected: r.connected, Logger: r.log, Registerer: r.opt.Registerer,
	}
}

func (r *Relay) makeFeedback() *feedback.Service {
	return feedback.New(&feedback.Config{
		Settings: r.opt.Settings.Settings, Delivery: r.opt.DeliveryOptions, Replicas: r.opt.Replicas,
		Index: r.index, Begun: r.begun, Metrics: r.metrics.feedback, Log: r.log,
		Ledger: feedback.Ledger{
			// An idle ledger has not noticed yet that the connection is lost. There is one when it is up.
			IsUp:    func() bool { return r.ledger.IsUp() && r.conn.Load().NC.IsConnected() },
			Enqueue: r.ledger.Enqueue, Submit: r.ledger.Submit,
			IsSending: r.ledger.OnItsWay, FindMessage: r.ledger.Find,
		},
	})
}

// Ledger gives the numbers.
func (r *Relay) Ledger() *ledger.Partition { return r.ledger }

// API is the HTTP API of callers.
func (r *Relay) API() *intake.API { return r.api }

// Refused counts a connection to the HTTP API that was closed at once.
func (r *Relay) Refused(reason string) { r.metrics.refused.WithLabelValues(reason).Inc() }

// OperatorHandler is the HTTP API of the operator. by returns the name of whoever sent a request.
func (r *Relay) OperatorHandler(by func(*http.Request) string) http.Handler {
	mux, receivers := http.NewServeMux(), r.api.OperatorHandler(by)
	mux.Handle("/v1/", intake.AdminHandler(r.feedback, r.begun))
	mux.Handle("/v1/conversations/", receivers)
	mux.Handle("/v1/receivers/", receivers)
	return mux
}

// Reads takes the read responses.
func (r *Relay) Reads() *reads.Service { return r.reads }

// Statistics returns by account how far messages got since the relay was opened.
func (r *Relay) Statistics() []statistics.Account { return r.metrics.messages.Accounts() }

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
	if r.broker != nil { // it says best why the ledger has no log, and an idle ledger has not noticed yet
		if failed := r.broker.Err(); failed != nil && (err == nil || !errors.Is(failed, broker.ErrNotRunning)) {
			return fmt.Errorf("%w: %w", ledger.ErrDown, r.store.explain(failed))
		}
	}
	if p := r.index.Progress(); p.Running && !errors.Is(err, ledger.ErrStopped) {
		return r.reading(p)
	}
	if err != nil {
		return err
	}
	if nc := r.conn.Load().NC; !nc.IsConnected() {
		return fmt.Errorf("%w: %w", ledger.ErrDown, journal.Unreachable(nc, journal.ErrNotConnected))
	}
	return nil
}

// reading says how far the log is read.
func (r *Relay) reading(p index.Progress) error {
	if r.hasBegun() {
		return fmt.Errorf("%w: %s", ledger.ErrDown, p)
	}
	return fmt.Errorf("%w: %s", ledger.ErrStarting, p)
}

// WaitReady returns when the ledger is up, or never will be, or when ctx has ended.
func (r *Relay) WaitReady(ctx context.Context) error { return r.status.Wait(ctx) }

// WaitTried returns nil when Ready returns nil, and an error when something could not be opened and is
// tried again, or when ctx has ended.
func (r *Relay) WaitTried(ctx context.Context) error {
	for {
		changed, err := r.status.Get()
		if err != ledger.ErrStarting { // alone: without a reason
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// ClientURL is where clients reach the embedded server; empty when it listens nowhere.
func (r *Relay) ClientURL() string {
	if r.broker == nil {
		return ""
	}
	return r.broker.ClientURL()
}

// Close closes what is open, without a clean stop of the ledger. Run calls it.
func (r *Relay) Close() error { return r.close() }

func (r *Relay) closeAll() error {
	r.status.End(ledger.ErrStopped)
	if c := r.conn.Load(); c != nil {
		c.NC.Close()
	}
	err := r.index.Close()
	if r.broker != nil {
		r.broker.Shutdown()
	}
	return errors.Join(err, r.store.close())
}
