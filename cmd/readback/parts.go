package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
)

// parts are what runs beside the gateway.
type parts struct {
	running sync.WaitGroup
	mu      sync.Mutex
	errs    []error
}

// start runs a part until the function that it returns is called, which waits.
func (p *parts) start(ctx context.Context, log *slog.Logger, name string, serve func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	p.running.Go(func() {
		defer close(done)
		if err := serve(ctx); err != nil {
			log.Error("part ended", "part", name, "error", err)
			p.mu.Lock()
			p.errs = append(p.errs, fmt.Errorf("%s: %w", name, err))
			p.mu.Unlock()
		}
	})
	return func() { cancel(); <-done }
}

func (p *parts) wait() { p.running.Wait() }

// err is what has gone wrong so far.
func (p *parts) err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return errors.Join(p.errs...)
}
