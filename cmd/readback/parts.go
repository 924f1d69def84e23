package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
)

// parts are the servers and watchers that run beside the gateway.
type parts struct {
	running sync.WaitGroup
	mu      sync.Mutex
	errs    []error
}

// start runs a part. The function that it returns stops the part and waits for it.
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

// err returns the errors of the parts that have ended.
func (p *parts) err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return errors.Join(p.errs...)
}
