package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
)

// parts are the servers and watchers that run beside the gateway.
type parts struct {
	running sync.WaitGroup

	// Guarded by mu.
	mu   sync.Mutex
	now  []string // names of those that run
	errs []error
}

// start runs a part. The function that it returns stops the part and waits for it.
func (p *parts) start(ctx context.Context, log *slog.Logger, name string, serve func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	p.add(name)
	p.running.Go(func() {
		defer close(done)
		defer p.remove(name)
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

// names returns the names of the parts that run.
func (p *parts) names() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.now)
}

func (p *parts) add(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = append(p.now, name)
}

func (p *parts) remove(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.now, name); i >= 0 {
		p.now = slices.Delete(p.now, i, i+1)
	}
}

// err returns the errors of the parts that have ended.
func (p *parts) err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return errors.Join(p.errs...)
}
