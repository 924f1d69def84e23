package feedback

import (
	"context"
	"sync"
	"time"

	"readback/internal/backoff"
)

// renewals lets everything that depends on NATS begin again when NATS is back. What was asked of a
// server that has gone is never answered, and a wait that grew during an outage is longer than needed.
type renewals struct {
	mu      sync.Mutex
	current context.Context    // guarded by mu: ends at the next renewal
	end     context.CancelFunc // guarded by mu
}

func newRenewals() *renewals {
	r := new(renewals)
	r.current, r.end = context.WithCancel(context.Background())
	return r
}

// announce says that NATS is back.
func (r *renewals) announce() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.end()
	r.current, r.end = context.WithCancel(context.Background())
}

// until returns a context that ends with ctx, and when NATS is back after an outage.
func (r *renewals) until(ctx context.Context) (context.Context, context.CancelFunc) {
	r.mu.Lock()
	current := r.current
	r.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(current, cancel)
	return ctx, func() { stop(); cancel() }
}

// Bounds of the wait between tries of the same thing.
const (
	firstTry = 100 * time.Millisecond
	lastTry  = 2 * time.Second
	longWork = time.Minute // of a try that was a success, though it ended with an error
)

// repeat calls do until ctx ends: between tries after an error, which it logs, and otherwise when there
// is more. When NATS is back it begins again at once, and the context of do ends.
func (r *renewals) repeat(ctx context.Context, failed *backoff.Complaint, more <-chan struct{}, do func(ctx context.Context) (again bool, err error)) {
	for wait := firstTry; ctx.Err() == nil; {
		one, end := r.until(ctx)
		began := time.Now()
		again, err := do(one)
		if one.Err() == nil {
			failed.About(err)
		}
		switch {
		case err != nil:
			backoff.Sleep(one, backoff.Jitter(wait))
			wait = min(2*wait, lastTry)
		case !again:
			select {
			case <-more:
			case <-one.Done():
			}
		}
		if err == nil || one.Err() != nil || time.Since(began) > longWork {
			wait = firstTry
		}
		end()
	}
}

// stopTime is how long what is under way may take to come to its end when the service stops.
const stopTime = 2 * time.Second

// lasting returns a context that ends stopTime after ctx. What was published under it is recorded, and
// what is given up for something else is removed, although the service stops.
func lasting(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		late := time.AfterFunc(stopTime, cancel)
		context.AfterFunc(longer, func() { late.Stop() })
	})
	return longer, func() { stop(); cancel() }
}
