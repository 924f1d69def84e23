package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/config"
	"readback/internal/gateway"
	"readback/internal/ops"
	"readback/relay"
)

// service is the gateway with everything that it needs, open and not yet running.
type service struct {
	log     *slog.Logger
	relay   *relay.Relay
	gateway *gateway.Gateway
	ops     *ops.Server

	esmes, reads, admin net.Listener // reads and admin may be nil: off
}

// startWait is how long ESMEs wait for the ledger when the gateway starts. After
// that they are served without: SMS must flow.
const startWait = 10 * time.Second

// open opens the listeners first, so that nothing is begun that cannot be served,
// then the store.
func open(cfg config.Config, log *slog.Logger) (*service, error) {
	s := &service{log: log}
	var err error
	listen := func(key, addr string) net.Listener {
		if addr == "" || err != nil {
			return nil
		}
		ln, listenErr := net.Listen("tcp", addr)
		if listenErr != nil {
			err = fmt.Errorf("%s: %w", key, listenErr)
			return nil
		}
		return ln
	}
	s.esmes = listen("listen.addr", cfg.Listen.Addr)
	s.reads = listen("reads.addr", cfg.Reads.Addr)
	s.admin = listen("ops.addr", cfg.Ops.Addr)
	if err == nil {
		err = s.assemble(cfg)
	}
	if err != nil {
		for _, ln := range []net.Listener{s.esmes, s.reads, s.admin} {
			if ln != nil {
				_ = ln.Close() // it served nobody
			}
		}
		return nil, err
	}
	return s, nil
}

// assemble makes the parts and ties them together.
func (s *service) assemble(cfg config.Config) error {
	registry := prometheus.NewRegistry()
	options, err := gatewayOptions(cfg)
	if err != nil {
		return err
	}
	options.Logger, options.Registerer = s.log, registry
	store := relayOptions(cfg)
	store.Logger, store.Registerer = s.log, registry
	if s.relay, err = relay.Open(store); err != nil {
		return err
	}
	if s.gateway, err = gateway.New(options, s.relay.Ledger(), s.relay); err != nil {
		return errors.Join(err, s.relay.Close())
	}
	s.ops = ops.NewServer(registry, map[string]func() error{"relay": s.relay.Ready}, s.log)
	return nil
}

// ESMEs is the address that ESMEs bind to.
func (s *service) ESMEs() string { return address(s.esmes) }

// Reads is the address of the HTTP interface for read responses.
func (s *service) Reads() string { return address(s.reads) }

// Ops is the address of metrics and health.
func (s *service) Ops() string { return address(s.admin) }

func address(ln net.Listener) string {
	if ln == nil {
		return "off"
	}
	return ln.Addr().String()
}

// run serves until ctx ends. The ESMEs go first, then the reads, then the relay,
// whose last records they make; metrics and health stay to the end.
func (s *service) run(ctx context.Context) error {
	var parts sync.WaitGroup
	defer parts.Wait()
	var errs []error
	var mu sync.Mutex
	start := func(name string, serve func(context.Context) error) (stop func()) {
		partCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		done := make(chan struct{})
		parts.Go(func() {
			defer close(done)
			if err := serve(partCtx); err != nil {
				s.log.Error(name+" ended", "error", err)
				mu.Lock()
				errs = append(errs, fmt.Errorf("%s: %w", name, err))
				mu.Unlock()
			}
		})
		return func() { cancel(); <-done }
	}
	if s.admin != nil {
		defer start("ops", func(ctx context.Context) error { return s.ops.Serve(ctx, s.admin) })()
	}
	stopRelay := start("relay", s.relay.Run)
	if s.reads != nil {
		defer start("reads", func(ctx context.Context) error { return s.relay.ServeReads(ctx, s.reads) })()
	}
	s.awaitRelay(ctx)
	errs = append(errs, s.gateway.Serve(ctx, s.esmes))
	s.log.Info("links are down")
	stopRelay()
	mu.Lock()
	defer mu.Unlock()
	return errors.Join(errs...)
}

// awaitRelay gives the ledger a while to open before the first ESME is served.
func (s *service) awaitRelay(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	if err := s.relay.WaitReady(ctx); err != nil {
		s.log.Warn("serving without numbers until the ledger is there", "reason", s.relay.Ready())
	}
}
