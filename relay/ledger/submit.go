package ledger

import (
	"context"
	"sync"

	"readback/internal/crash"
	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
)

// writer appends records to the log. All parts of a ledger share one.
type writer struct {
	queue    *queue
	status   *Status
	applying sync.RWMutex // held while what is logged is not yet in the index
}

// Submit appends a record to the log that has an outcome, and waits for the outcome.
func (r *writer) Submit(ctx context.Context, k journal.Kind, appendTo func(dst []byte) []byte) message.Verdict {
	return r.Append(k, appendTo)(ctx)
}

// Append is Submit in two steps: it queues the record, and wait waits for the outcome. Several records may be
// queued before one is waited for.
func (r *writer) Append(k journal.Kind, appendTo func(dst []byte) []byte) (wait func(context.Context) message.Verdict) {
	defer crash.OnPanic()
	if !r.status.up.Load() {
		return isDown
	}
	b := r.queue.begin(k)
	if b == nil {
		return isDown
	}
	b.buf = appendTo(b.buf)
	came := make(chan index.Outcome, 1) // has room for the one outcome
	b.await(func(o index.Outcome, _ *message.Merged) { came <- o })
	r.queue.end(b)
	return func(ctx context.Context) message.Verdict {
		select {
		case o := <-came:
			return verdictAfter(o)
		case <-ctx.Done():
			return message.LedgerDown()
		}
	}
}

func isDown(context.Context) message.Verdict { return message.LedgerDown() }

func verdictAfter(o index.Outcome) message.Verdict {
	switch o {
	case index.Read, index.Duplicate, index.Noted:
		return message.Accept()
	case index.Gone:
		return message.NoSuchMessage()
	}
	return message.LedgerDown()
}

// Enqueue queues a record for the log, and does not wait. The error is ErrDown, if there is no room.
func (r *writer) Enqueue(k journal.Kind, appendTo func(dst []byte) []byte) error {
	defer crash.OnPanic()
	b := r.queue.begin(k)
	if b == nil {
		return ErrDown
	}
	b.buf = appendTo(b.buf)
	r.queue.end(b)
	return nil
}

// IsUp reports whether numbers can be given and reads recorded.
func (r *writer) IsUp() bool { return r.status.up.Load() }

// CatchUp returns when the index has every record that a Waiter was told to be in the log.
func (r *writer) CatchUp() {
	r.applying.RLock()
	defer r.applying.RUnlock()
}
