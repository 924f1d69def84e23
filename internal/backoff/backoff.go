// Package backoff spreads and waits out the time between tries, and reports a failure once.
package backoff

import (
	"context"
	"math/rand/v2"
	"time"
)

// Jitter spreads d by a quarter to either side.
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
