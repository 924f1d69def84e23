package relay

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/crash"
	"readback/relay/feedback"
	"readback/relay/journal"
	"readback/relay/ledger"
	"readback/relay/message"
	"readback/relay/reads"
)

// eraser removes what is known of a receiver.
type eraser struct {
	ledger   *ledger.Partition
	purge    func(context.Context) error // the files of the index
	reads    *reads.Service
	feedback *feedback.Service
	settle   func(context.Context) error // returns when no call detail record is being written of what was known before
	erased   prometheus.Counter
	busy     chan struct{} // has room for the erasure at work
}

// Erase removes all that is known of a receiver except an opt-out: its messages, the feedback that waits, dead
// letters, and receipts that are held. Then no file of the index has the octets of its address. A hash of each
// conversation stays, with how far its numbers got. The records in the log stay until they are as old as Keep
// and a day, but nothing is restored from them. The verdict accepts when that is done. With any other verdict
// some of it is left, and Erase is to be called again.
func (e *eraser) Erase(ctx context.Context, receiver message.Addr) message.Verdict {
	defer crash.OnPanic()
	if !e.ledger.IsUp() {
		return message.LedgerDown()
	}
	select {
	case e.busy <- struct{}{}:
		defer func() { <-e.busy }()
	case <-ctx.Done():
		return message.TryAgain("others are being erased, send it again")
	}
	now := time.Now()
	v := e.eraseIndex(ctx, receiver, now)
	if !v.IsAccepted() {
		return v
	}
	e.ledger.Forget(receiver, now)
	e.reads.Forget(receiver)
	if err := e.feedback.Erase(ctx, receiver, now); err != nil {
		return message.TryAgain("not all is erased yet, send it again")
	}
	if err := e.purge(ctx); err != nil {
		return message.TryAgain("the files of the index are not purged yet, send it again")
	}
	if err := e.settle(ctx); err != nil {
		return message.TryAgain("call detail records are being written, send it again")
	}
	e.erased.Inc()
	return v
}

// eraseIndex records the erasure, and returns when the index has done it. Meanwhile nothing is on its way from the
// outboxes to the queue and the event stream.
func (e *eraser) eraseIndex(ctx context.Context, receiver message.Addr, now time.Time) message.Verdict {
	var v message.Verdict
	e.feedback.WhilePaused(func() {
		v = e.ledger.Submit(ctx, journal.KindErase, func(dst []byte) []byte {
			return journal.AppendErase(dst, &receiver, now.UnixMilli())
		})
	})
	return v
}
