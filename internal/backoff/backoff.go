// Package backoff computes and waits for the time between tries, and reports a failure once.
package backoff

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// draw returns a time below most.
var draw atomic.Pointer[func(most time.Duration) time.Duration]

// Jitter returns d changed at random by up to a quarter.
func Jitter(d time.Duration) time.Duration {
	if f := draw.Load(); f != nil {
		return d - d/4 + (*f)(d/2+1)
	}
	return d - d/4 + rand.N(d/2+1)
}

// SetRandom makes Jitter get its random times from f, which returns one below most; nil: from a source
// that cannot be had again. It is for tests whose history must follow from a seed.
func SetRandom(f func(most time.Duration) time.Duration) {
	if f == nil {
		draw.Store(nil)
		return
	}
	draw.Store(&f)
}

// Sleep waits, and returns early when ctx ends.
func Sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
