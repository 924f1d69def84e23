package relay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"readback/internal/backoff"
	"readback/relay/feedback"
	"readback/relay/intake"
	"readback/relay/journal"
	"readback/relay/ledger"
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
		r.status.Set(fmt.Errorf("%w: %w", ledger.ErrStarting, err))
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
	if !r.conn.NC.IsConnected() {
		return journal.Unreachable(r.conn.NC, journal.ErrNotConnected)
	}
	streams := slices.Concat(intake.Streams(r.opt.MQTT != nil), feedback.Streams(r.opt.FeedbackKeep))
	info, err := r.conn.MakeStreams(ctx, r.opt.Replicas, append(streams, journal.StreamConfig(r.opt.Keep))...)
	if err != nil {
		return err
	}
	log, err := journal.NewJetStream(r.conn.JS, info)
	if err != nil {
		return err
	}
	if err := r.ledger.Begin(ctx, log); err != nil {
		log.Close()
		return err
	}
	r.status.Set(nil)
	return nil
}
