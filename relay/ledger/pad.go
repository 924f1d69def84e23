package ledger

import (
	"context"

	"readback/relay/journal"
)

// JetStream removes a file of the log when all of it has expired, and leaves octets of what has expired in one
// that is being written. A gateway with little traffic writes one file for longer than relay.keep. So what an
// erased receiver had in it would stay: padding fills the file, and the log goes on in another one.

// Pad fills the file of the log that is being written, mostly while nothing waits for the log. It does not wait.
func (l *Partition) Pad() {
	l.padding.Store(journal.Block)
	l.queue.signal()
}

// IsPadded reports whether the file that was written when Pad was called is full.
func (l *Partition) IsPadded() bool { return l.padding.Load() <= 0 }

// pad writes batches with padding until that is done, or something else is queued.
// A batch of others that is there already is padded as well.
func (a *appender) pad(ctx context.Context) error {
	for a.ledger.padding.Load() > 0 {
		b := a.queue.pad()
		if err := a.write(ctx, b); err != nil {
			return err
		}
		a.ledger.padding.Add(-journal.MaxPadding)
		if !a.queue.isEmpty() {
			break
		}
	}
	return nil
}

// pad returns the oldest batch, or one without a record if there is none, and has it padded.
func (q *queue) pad() *batch {
	q.mu.Lock()
	if q.filling == nil && len(q.full) == 0 {
		q.filling = q.fresh()
	}
	q.mu.Unlock()
	b := q.take()
	b.padding = journal.MaxPadding
	return b
}

func (q *queue) isEmpty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.filling == nil && len(q.full) == 0
}
