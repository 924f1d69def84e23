package ledger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"readback/internal/backoff"
	"readback/internal/crash"
	"readback/relay/index"
	"readback/relay/journal"
)

// appender is the goroutine that writes the log: it takes what is queued, appends it,
// brings it into the index, and tells who waits for it. One append is under way at a
// time; what comes meanwhile goes in the next one.
type appender struct {
	journal   journal.Log
	queue     *queue
	applier   *index.Applier
	ledger    *Partition
	status    *Status
	metrics   *metrics
	log       *slog.Logger
	connected <-chan struct{} // the connection is there again

	applied func(*index.Result) // called with what each batch came to
	yield   func()              // lets those run who have records for the next batch; nil: does nothing

	complained time.Time // when dropped records were last logged
	dropped    int       // since then
}

// checkEvery is how often an idle appender looks whether the log is still its own.
const checkEvery = 2 * time.Second

// run appends until stop is closed and the queue is empty, or ctx ends, or the log or the index is
// lost. It ends the log with a stop record if it can. What is queued when the log is lost stays
// queued.
func (a *appender) run(ctx context.Context, stop <-chan struct{}) error {
	defer func() {
		a.queue.serve(false)
		a.tellDropped()
	}()
	check := time.NewTicker(checkEvery)
	defer check.Stop()
	for {
		if a.yield != nil {
			a.yield()
		}
		a.tellDropped()
		if b := a.queue.take(); b != nil {
			if err := a.write(ctx, b); err != nil {
				return a.lose(ctx, err)
			}
			continue
		}
		select {
		case <-a.queue.wake:
			if err := a.pad(ctx); err != nil {
				return a.lose(ctx, err)
			}
		case <-check.C:
			if err := a.check(ctx); err != nil {
				return a.lose(ctx, err)
			}
		case <-a.applier.Index.Failed():
			return a.lose(ctx, a.applier.Index.Err())
		case <-ctx.Done():
			return ctx.Err()
		case <-stop:
			return a.stop(ctx)
		}
	}
}

// check returns an error if the log is lost.
func (a *appender) check(ctx context.Context) error {
	if err := a.journal.Check(ctx); journal.IsFinal(err) {
		return err
	}
	return nil // an append notices what else there is
}

// lose notes that the log or the index is lost. The ledger has to begin again.
func (a *appender) lose(ctx context.Context, cause error) error {
	a.status.Set(fmt.Errorf("%w: %w", ErrDown, cause))
	if ctx.Err() == nil {
		a.log.Error("ledger is down, and begins again", "error", cause)
	}
	return cause
}

// write appends a batch, however long that takes. After an error the ledger has to begin again, and the
// batch is queued, unless it is in the log.
func (a *appender) write(ctx context.Context, b *batch) error {
	began := time.Now()
	if !b.sealed {
		b.buf, b.sealed = journal.Seal(b.buf), true
	}
	a.journal.Pad(b.padding)
	if err := a.journal.Append(ctx, b.buf); err != nil {
		if err := a.persist(ctx, b, err); err != nil {
			a.queue.giveBack(b)
			return err
		}
	}
	a.metrics.appends.Observe(time.Since(began).Seconds())
	return a.commit(b)
}

// commit tells who waits for a batch that it is in the log, and brings it into the index.
// Until that is done, what the batch brings counts as outstanding.
func (a *appender) commit(b *batch) error {
	a.ledger.applying.Lock()
	for _, w := range b.waits {
		w.w.Logged(w.token)
	}
	clear(b.waits)
	b.waits = b.waits[:0]
	res, err := a.applier.Apply(a.journal.Last(), b.buf, b.changes)
	a.ledger.applying.Unlock()
	if err != nil {
		// The index gets them from the log when the ledger begins again.
		a.ledger.routes.settle(b.routes...)
		a.ledger.owners.settle(b.owners...)
		b.release().tell()
		return err
	}
	if a.applied != nil {
		a.applied(res)
	}
	for i := range b.marks {
		a.ledger.mark(&b.marks[i])
	}
	a.ledger.routes.settle(b.routes...)
	a.ledger.owners.settle(b.owners...)
	for _, w := range b.waiters {
		o := res.Of(w.record)
		w.tell(o.Outcome, o.Merged)
	}
	a.metrics.batches.Observe(float64(b.records))
	for k, n := range b.counts {
		if n > 0 {
			a.metrics.records[k].Add(float64(n))
		}
	}
	a.queue.recycle(b)
	return nil
}

// persist goes on until b is in the log: either it landed although nobody said so, or
// it is appended again. Meanwhile the ledger is down, and nobody waits for it.
func (a *appender) persist(ctx context.Context, b *batch, cause error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	a.status.Set(fmt.Errorf("%w: %w", ErrDown, cause))
	a.log.Warn("ledger is down", "error", cause)
	b.release().tell()
	a.tellAll()
	defer a.answerMeanwhile()()

	for wait := 20 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		landed, err := a.retry(ctx, b)
		if landed {
			a.status.Set(nil)
			a.log.Info("ledger is up again")
			return nil
		}
		if journal.IsFinal(err) || ctx.Err() != nil {
			return err
		}
		if err := a.pause(ctx, backoff.Jitter(wait)); err != nil {
			return err
		}
	}
}

// retry looks what became of b and appends it again if it did not land.
func (a *appender) retry(ctx context.Context, b *batch) (bool, error) {
	f, err := a.journal.Settle(ctx, b.buf)
	switch f {
	case journal.Landed:
		return true, nil
	case journal.Lost:
		err = a.journal.Append(ctx, b.buf)
	}
	return err == nil, err
}

// answerMeanwhile starts a goroutine that calls all waiters that come, since their records will not
// be in the log soon. The function that it returns ends it.
func (a *appender) answerMeanwhile() (end func()) {
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer crash.OnPanic()
		defer close(ended)
		for {
			select {
			case <-a.queue.wake:
				a.tellAll()
			case <-over:
				return
			}
		}
	}()
	return func() {
		close(over)
		<-ended
	}
}

// pause waits, less when the connection comes back.
func (a *appender) pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-a.connected:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// tellAll tells all waiters that their records will not be in the log soon.
func (a *appender) tellAll() {
	a.tellDropped()
	a.queue.waiting().tell()
}

// tellDropped tells the waiters of dropped records, and complains once a minute.
func (a *appender) tellDropped() {
	n, waits := a.queue.dropped()
	a.metrics.dropped.Add(float64(n))
	waiters{waits: waits}.tell()
	a.dropped += n
	if a.dropped > 0 && time.Since(a.complained) > time.Minute {
		a.log.Error("records were dropped, the log is away for too long", "records", a.dropped)
		a.complained, a.dropped = time.Now(), 0
	}
}

// stop ends the log: what is assigned in memory is noted, and the stop record says that
// nothing needs to be skipped.
func (a *appender) stop(ctx context.Context) error {
	for covered := false; !covered; {
		if covered = a.ledger.table.coverAll(a.queue); covered {
			a.queue.close()
		}
		if err := a.drain(ctx); err != nil {
			return fmt.Errorf("stop: %w", err)
		}
	}
	a.tellDropped()
	end := a.queue.newBatch(journal.KindStop, func(dst []byte) []byte { return journal.AppendStop(dst, a.ledger.now()) })
	if err := a.write(ctx, end); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	return nil
}

// drain writes all that is queued.
func (a *appender) drain(ctx context.Context) error {
	for b := a.queue.take(); b != nil; b = a.queue.take() {
		if err := a.write(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// begin appends the first batch of an epoch: from then on, no other writer can append.
func (a *appender) begin(ctx context.Context, b *batch) error {
	b.buf, b.sealed = journal.Seal(b.buf), true
	for {
		err := a.journal.Append(ctx, b.buf)
		if err == nil {
			return a.commit(b)
		}
		if _, refused := errors.AsType[*journal.RefusedError](err); refused || ctx.Err() != nil {
			return err
		}
		if landed, err := a.retry(ctx, b); landed {
			return a.commit(b)
		} else if journal.IsFinal(err) || ctx.Err() != nil {
			return err
		}
	}
}
