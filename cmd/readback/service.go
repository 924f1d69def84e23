package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"readback/config"
	"readback/internal/console"
	"readback/internal/flow"
	"readback/internal/gateway"
	"readback/internal/metric"
	"readback/internal/ops"
	"readback/internal/otlp"
	"readback/internal/transport"
	"readback/internal/webhook"
	"readback/relay"
	"readback/relay/message"
)

// service is the gateway with everything that it needs. It is open and not yet running.
type service struct {
	cfg      config.Config // the configuration that it was started with
	log      *slog.Logger
	relay    *relay.Relay
	gateway  *gateway.Gateway
	webhooks *webhook.Webhooks
	ops      *ops.Server
	metrics  *metric.Registry
	flow     *flow.Sampler
	traces   *otlp.Exporter   // nil: no message is traced
	handsets console.Handsets // of the demo; else nil
	front    *front
	callers  *readsFront
	opsFront *opsFront
	dialer   dialer

	subscribers message.SubscriberKey // names subscribers in the log; nil: there is none

	clients []clientFiles // certificates of MQTT and WebSocket

	// Set before run; nil where the configuration cannot change.
	load    func() (config.Config, error) // reads the configuration again
	logging *ops.LogSettings
	hangups <-chan os.Signal

	reloaded  atomic.Pointer[config.Config] // the configuration that was read last; nil: cfg
	reloads   reloads
	reloading sync.Mutex // allows one reload at a time

	esmes, secure, reads, admin, scraped net.Listener // nil if it is off

	draining atomic.Bool
	ending   *draining
	drain    chan struct{} // closed when the operator stops it

	parts    parts
	watchdog *watchdog // nil: nothing ends the process
}

// startWait is how long ESMEs wait for the ledger when the gateway starts, which usually takes a fraction
// of it. After that they are served without the ledger, because SMS traffic must flow.
const startWait = 800 * time.Millisecond

// open first opens the listeners, so that nothing starts that cannot be served, and then the
// store.
func open(cfg config.Config, log *slog.Logger) (*service, error) { return openWith(cfg, log, nil) }

// openWith is open for a gateway whose console has handsets.
func openWith(cfg config.Config, log *slog.Logger, handsets console.Handsets) (*service, error) {
	s := &service{cfg: cfg, log: log, handsets: handsets, drain: make(chan struct{}, 1), ending: newDraining()}
	given, err := transport.Sockets()
	if err != nil {
		return nil, err
	}
	sockets := &sockets{given: given}
	if err = s.listen(cfg, sockets); err == nil {
		err = s.assemble(cfg)
	}
	if err != nil {
		sockets.close()
		return nil, err
	}
	return s, nil
}

func (s *service) listen(cfg config.Config, sockets *sockets) (err error) {
	for _, l := range []struct {
		to              *net.Listener
		key, name, addr string
	}{
		{&s.esmes, "listen.addr", "esme", cfg.Listen.Addr},
		{&s.secure, "listen.tls.addr", "esme-tls", cfg.Listen.TLS.Addr},
		{&s.reads, "reads.addr", "reads", cfg.Reads.Addr},
		{&s.admin, "ops.addr", "ops", cfg.Ops.Addr},
		{&s.scraped, "ops.metrics_addr", "metrics", cfg.Ops.MetricsAddr},
	} {
		if *l.to, err = sockets.listen(l.key, l.name, l.addr); err != nil {
			return err
		}
	}
	return nil
}

// assemble creates the parts and connects them.
func (s *service) assemble(cfg config.Config) error {
	registry := metric.NewRegistry()
	addBuild(registry)
	options, err := gatewayOptions(cfg)
	if err != nil {
		return err
	}
	if err := s.makeFronts(cfg); err != nil {
		return err
	}
	live, err := newLive(cfg)
	if err != nil {
		return err
	}
	s.webhooks = webhook.New(live.targets, version(), s.log)
	store, err := callersOf(cfg, s.callers.tokens)
	if err != nil {
		return err
	}
	store.Settings, store.Logger, store.Registerer = live.settings, s.log, registry
	if s.clients, err = openToClients(cfg, &store, s.log); err != nil {
		return err
	}
	if err = s.makeTraces(cfg.OTLP, &store); err != nil {
		return err
	}
	if s.relay, err = openRelay(store); err != nil {
		return err
	}
	options.Dial, options.Logger, options.Registerer = s.dialer.tcp, s.log, registry
	options.Policies, options.Hold = live.policies, s.relay.Feedback().HoldReceipt
	options.Deliver, options.Sent = s.relay.Feedback().Deliver, s.relay.Feedback().Sent
	if cfg.Reads.SMS != config.SMSOff {
		options.Reads, options.ReadsNeedProof = s.relay.Reads().Submit, cfg.Reads.SMS == config.SMSProof
	}
	options.Acks = s.relay.Reads().Submit
	if s.gateway, err = gateway.New(options, s.relay.Ledger()); err != nil {
		return errors.Join(err, s.relay.Close())
	}
	s.openSubscriberKey(cfg)
	s.relay.Reads().NameSubscribers(s.subscribers)
	s.makePages(registry)
	return nil
}

// makeFronts creates what connections of ESMEs, to the SMSC and of callers pass.
func (s *service) makeFronts(cfg config.Config) (err error) {
	if err := local(cfg.Relay.Auth, s.reads); err != nil {
		return err
	}
	if s.dialer, err = newDialer(cfg, s.log); err != nil {
		return err
	}
	if s.front, err = newFront(cfg, s.log, func(reason, _ string) { s.gateway.Refused(reason) }); err != nil {
		return err
	}
	if s.callers, err = newReadsFront(cfg, s.log, func(reason, _ string) { s.relay.Refused(reason) },
		func(f func()) { s.relay.Reads().Budget().Work(f) }); err != nil {
		return err
	}
	if err := guarded(cfg.Ops, s.admin); err != nil {
		return err
	}
	s.opsFront, err = newOpsFront(cfg, s.log)
	return err
}

// beginDrain stops the service as SIGTERM does.
func (s *service) beginDrain() {
	select {
	case s.drain <- struct{}{}:
	default: // a drain was requested before
	}
}

func (s *service) drainState() error {
	if s.draining.Load() {
		return errors.New("draining")
	}
	return nil
}

// ESMEs returns the address for ESMEs.
func (s *service) ESMEs() string { return address(s.esmes) }

// Secure returns the address for ESMEs that use TLS.
func (s *service) Secure() string { return address(s.secure) }

// Reads returns the address of the HTTP interface for read responses.
func (s *service) Reads() string { return address(s.reads) }

// Ops returns the address of the operator's interface.
func (s *service) Ops() string { return address(s.admin) }

// Metrics returns the address of the listener for metrics and health alone.
func (s *service) Metrics() string { return address(s.scraped) }

func address(ln net.Listener) string {
	if ln == nil {
		return "off"
	}
	return ln.Addr().String()
}

// run serves until ctx ends or the operator drains it. It first ends the ESMEs' sessions,
// then the interfaces for reads, then the relay, which still stores their last records.
// Metrics and health run until the end.
func (s *service) run(ctx context.Context) error {
	defer s.parts.wait()
	start := func(name string, serve func(context.Context) error) (stop func()) {
		return s.parts.start(context.WithoutCancel(ctx), s.log, name, serve)
	}
	if s.admin != nil {
		defer start("flow", s.flow.Run)()
		defer start("ops", func(ctx context.Context) error { return s.ops.Serve(ctx, s.opsFront.listener(s.admin)) })()
	}
	if s.scraped != nil {
		defer start("metrics", func(ctx context.Context) error { return s.ops.ServeMetrics(ctx, s.opsFront.listener(s.scraped)) })()
	}
	defer start("certificates", s.watchFiles)()
	if s.traces != nil {
		defer start("traces", s.traces.Run)()
	}
	stopRelay, stopReads := start("relay", s.relay.Run), func() {}
	if s.reads != nil {
		stopReads = start("reads", func(ctx context.Context) error { return s.relay.API().Serve(ctx, s.callers.listener(s.reads)) })
	}
	stopWebhooks := start("webhooks", func(ctx context.Context) error { return s.webhooks.Run(ctx, s.relay.Feedback().DeliverWaiting) })
	s.awaitRelay(ctx)
	s.notify("READY=1")
	defer start("reload", s.awaitHangups)()
	err := s.serveESMEs(ctx)
	s.ending.linksDown()
	s.log.Info("links are down")
	stopReads()
	stopWebhooks()
	stopRelay()
	s.ending.end()
	return errors.Join(err, s.parts.err())
}

// serveESMEs serves ESMEs until ctx ends or the operator drains.
func (s *service) serveESMEs(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var stopping sync.WaitGroup
	defer stopping.Wait()
	stopping.Go(func() {
		select {
		case <-s.drain:
		case <-ctx.Done():
		}
		s.ending.begin(s.cfg.Gateway.DrainTimeout, s.gateway.CutOff())
		s.draining.Store(true)
		if s.watchdog != nil {
			s.watchdog.start()
		}
		s.notify("STOPPING=1")
		s.log.Info("draining")
		cancel()
	})
	var lns []net.Listener
	if s.esmes != nil {
		lns = append(lns, s.front.plain(s.esmes))
	}
	if s.secure != nil {
		lns = append(lns, s.front.secure(s.secure))
	}
	s.parts.add("links")
	defer s.parts.remove("links")
	return s.gateway.Serve(ctx, lns...)
}

// watchFiles reads certificates again when their files change.
func (s *service) watchFiles(ctx context.Context) error {
	var wg sync.WaitGroup
	if s.front.tls != nil {
		wg.Go(func() { s.front.tls.Watch(ctx, fileCheck) })
	}
	wg.Go(func() { s.callers.watch(ctx) })
	wg.Go(func() { s.opsFront.watch(ctx) })
	for _, c := range s.clients {
		wg.Go(func() { c.files.Watch(ctx, fileCheck) })
	}
	if s.dialer.watch != nil {
		wg.Go(func() { s.dialer.watch(ctx) })
	}
	wg.Wait()
	return nil
}

// notify sends systemd a notification, if it wants them.
func (s *service) notify(state string) {
	if err := transport.Notify(state); err != nil {
		s.log.Warn("systemd is not told", "error", err)
	}
}

// awaitRelay waits a while for the ledger to open before the first ESME is served. It does not wait once
// the store could not be opened, or NATS is away.
func (s *service) awaitRelay(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	if err := s.relay.WaitTried(ctx); err != nil {
		s.log.Warn("serving without numbers until the ledger is there", "reason", s.relay.Ready())
	}
}
