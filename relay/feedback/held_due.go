package feedback

import (
	"context"
	"time"

	"readback/internal/backoff"
)

// How often held receipts are looked at.
const (
	heldEvery  = time.Second // at most
	heldSeldom = time.Minute // at least
)

func newHeldReceipts(s *shared, w *waiting, dead *deadLetters) *heldReceipts {
	return &heldReceipts{shared: s, waiting: w, dead: dead, changed: make(chan struct{}, 1)}
}

// wake has the receipts looked at.
func (hs *heldReceipts) wake() {
	select {
	case hs.changed <- struct{}{}:
	default:
	}
}

// run releases held receipts whose time is over, until ctx ends. It sleeps while none is due.
func (hs *heldReceipts) run(ctx context.Context) {
	failed := backoff.Complaint{Log: hs.log, What: "held receipts cannot be looked at"}
	for ctx.Err() == nil {
		one, end := hs.renewals.until(ctx)
		began := time.Now()
		err := hs.remake(one, hs.releaseDue(one, began))
		if one.Err() == nil {
			failed.About(err)
		}
		backoff.Sleep(one, heldEvery)
		if err == nil {
			hs.sleep(one)
		}
		end()
	}
}

// sleep returns when a receipt is due, or when that may have changed.
func (hs *heldReceipts) sleep(ctx context.Context) {
	due := time.NewTimer(time.Until(hs.next))
	defer due.Stop()
	select {
	case <-due.C:
	case <-hs.changed:
	case <-ctx.Done():
	}
}
