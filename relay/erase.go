package relay

import (
	"context"
	"time"

	"readback/internal/crash"
	"readback/relay/journal"
	"readback/relay/message"
)

// Erase removes all that is known of a receiver but an opt-out: its messages, the feedback
// that waits, dead letters, receipts that are held. A hash of each conversation stays with how far its numbers got.
// What the log says of it stays there until it is as old as Keep, and a day; it is brought
// back by nothing. The verdict is 202 when that is done; any other leaves some of it, and
// Erase is to be called again.
func (r *Relay) Erase(ctx context.Context, receiver message.Addr) message.Verdict {
	defer crash.OnPanic()
	if !r.ledger.IsUp() {
		return message.LedgerDown()
	}
	select {
	case r.erasing <- struct{}{}:
		defer func() { <-r.erasing }()
	case <-ctx.Done():
		return message.TryAgain("others are being erased, send it again")
	}
	now := time.Now()
	v := r.eraseIndex(ctx, receiver, now)
	if !v.IsAccepted() {
		return v
	}
	r.ledger.Forget(receiver, now)
	r.reads.Forget(receiver)
	if err := r.feedback.Erase(ctx, receiver, now); err != nil {
		return message.TryAgain("not all is erased yet, send it again")
	}
	r.metrics.erased.Inc()
	return v
}

// eraseIndex records the erasure, and returns when the index has done it. Meanwhile nothing is on its way from the
// outboxes to the queue and the event stream.
func (r *Relay) eraseIndex(ctx context.Context, receiver message.Addr, now time.Time) message.Verdict {
	var v message.Verdict
	r.feedback.WhilePaused(func() {
		v = r.ledger.Submit(ctx, journal.KindErase, func(dst []byte) []byte {
			return journal.AppendErase(dst, &receiver, now.UnixMilli())
		})
	})
	return v
}
