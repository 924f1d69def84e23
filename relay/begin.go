package relay

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	"readback/internal/backoff"
	"readback/relay/journal"
)

// begin tries until the epoch has begun, or ctx ends, or the log cannot be read.
func (r *Relay) begin(ctx context.Context) error {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := r.tryBegin(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if newer, ok := errors.AsType[*journal.FormatError](err); ok {
			return newer
		}
		var bad *journal.RecordError
		if errors.As(err, &bad) {
			return fmt.Errorf("log cannot be read: %w", err)
		}
		r.log.Warn("ledger cannot begin", "error", err)
		r.status.set(fmt.Errorf("%w: %w", errStarting, err))
		t := time.NewTimer(backoff.Jitter(wait))
		select {
		case <-t.C:
		case <-r.connected:
		case <-ctx.Done():
		}
		t.Stop()
	}
}

func (r *Relay) tryBegin(ctx context.Context) error {
	if !r.nc.IsConnected() {
		return journal.Unreachable(r.nc, journal.ErrNotConnected)
	}
	info, err := makeStreams(ctx, r.js, &r.opt)
	if err != nil {
		return err
	}
	log, err := journal.NewJetStream(r.js, info)
	if err != nil {
		return err
	}
	if err := r.beginOn(ctx, log); err != nil {
		log.Close()
		return err
	}
	return nil
}

// beginOn brings the index to the end of log, and begins an epoch there.
func (r *Relay) beginOn(ctx context.Context, log journal.Log) error {
	a := &applier{ix: r.index, expired: r.oldestDay(), events: r.tellsEvents}
	at, err := a.replay(ctx, log, r.log)
	if err != nil {
		return err
	}
	if !at.stopped || at.epoch == 0 || !at.cycle.is(r.opt.First, r.opt.Last) {
		at.epoch++
	}
	parts, err := r.index.hasParts()
	if err != nil {
		return err
	}
	r.ledger.cuts.any.Store(parts)
	rows, err := r.index.outboxRows()
	if err != nil {
		return err
	}
	r.metrics.outbox.Set(float64(rows))
	return r.beginEpoch(ctx, at.epoch, log, a)
}

func (r *Relay) beginEpoch(ctx context.Context, epoch uint64, log journal.Log, a *applier) error {
	instance, err := newInstance()
	if err != nil {
		return err
	}
	r.ledger.epoch = epoch
	r.ledger.queue.open(journal.Header{Epoch: epoch, Instance: instance})
	r.appender = &appender{
		journal: log, queue: r.ledger.queue, applier: a, ledger: r.ledger, status: r.status,
		metrics: r.metrics, log: r.log, connected: r.connected, applied: r.applied,
	}
	host, _ := os.Hostname() // for the reader of the log only
	start := journal.Record{
		First: r.opt.First, Last: r.opt.Last, At: time.Now().UnixMilli(),
		Instance: []byte(host)[:min(len(host), journal.MaxInstance)],
	}
	if err := r.appender.begin(ctx, &start); err != nil {
		return fmt.Errorf("begin epoch: %w", err)
	}
	r.ledger.since = a.cycle.since
	r.log.Info("ledger is up", "epoch", epoch, "sequence", log.Last())
	r.status.set(nil)
	return nil
}

// applied passes on what a batch came to.
func (r *Relay) applied(res *result) {
	r.metrics.outbox.Add(float64(res.added - res.taken))
	if res.added > 0 {
		r.tellOutbox()
	}
	for _, passed := range res.receiptPassed {
		r.accounts.receiptPassed(passed)
	}
	if res.events {
		r.tellEvents()
	}
}

// newInstance returns what sets the batches of this writer apart.
func newInstance() (uint64, error) {
	var b [8]byte
	_, err := rand.Read(b[:])
	return binary.BigEndian.Uint64(b[:]), err
}
