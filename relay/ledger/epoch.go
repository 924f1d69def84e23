package ledger

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"os"
	"time"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
)

// OldestDay is the first day of which something is kept.
func (l *Partition) OldestDay() uint16 {
	return message.DayOf(time.Now().Add(-l.keep).UnixMilli())
}

// Begin brings the index to the end of log, and begins an epoch there: no other writer can
// append from then on. The ledger keeps log, if it succeeds.
func (l *Partition) Begin(ctx context.Context, log journal.Log) error {
	a := &index.Applier{Index: l.index, Expired: l.OldestDay(), Events: l.opt.Events}
	at, err := a.Replay(ctx, log, l.logger)
	if err != nil {
		return err
	}
	if !at.Stopped || at.Epoch == 0 || !at.Cycle.Is(l.opt.First, l.opt.Last) {
		at.Epoch++
	}
	parts, err := l.index.HasParts()
	if err != nil {
		return err
	}
	l.splits.any.Store(parts)
	if l.opt.Followed != nil {
		if err := l.opt.Followed(); err != nil {
			return err // before anything is appended, so that Begin can be called again
		}
	}
	return l.beginEpoch(ctx, at.Epoch, log, a)
}

func (l *Partition) beginEpoch(ctx context.Context, epoch uint64, log journal.Log, a *index.Applier) error {
	instance, err := newInstance()
	if err != nil {
		return err
	}
	l.epoch = epoch
	l.queue.open(journal.Header{Epoch: epoch, Instance: instance})
	l.appender = &appender{
		journal: log, queue: l.queue, applier: a, ledger: l, status: l.status,
		metrics: l.metrics, log: l.logger, connected: l.opt.Connected, applied: l.opt.Applied,
	}
	host, _ := os.Hostname() // for the reader of the log only
	start := journal.Record{
		First: l.opt.First, Last: l.opt.Last, At: time.Now().UnixMilli(),
		Instance: []byte(host)[:min(len(host), journal.MaxInstance)],
	}
	if err := l.appender.begin(ctx, &start); err != nil {
		return fmt.Errorf("begin epoch: %w", err)
	}
	l.since = a.Cycle.Since
	l.logger.Info("ledger is up", "epoch", epoch, "sequence", log.Last())
	return nil
}

// Run writes the log until stop is closed, and then stops cleanly; or until ctx ends, or the log
// is lost for good. It is called once, after Begin.
func (l *Partition) Run(ctx context.Context, stop <-chan struct{}) error {
	defer l.appender.journal.Close()
	return l.appender.run(ctx, stop)
}

// newInstance returns what sets the batches of this writer apart.
func newInstance() (uint64, error) {
	var b [8]byte
	_, err := rand.Read(b[:])
	return binary.BigEndian.Uint64(b[:]), err
}
