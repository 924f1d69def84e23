// Package backoff computes and waits for the time between tries, and reports a failure once.
package backoff

import (
	"context"
	"math/rand/v2"
	"time"
)

// Jitter returns d changed at random by up to a quarter.
func Jitter(d time.Duration) time.Duration {
	return d - d/4 + rand.N(d/2+1)
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
