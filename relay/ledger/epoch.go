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

// epoch is what numbers are assigned by from one Begin to the next.
type epoch struct {
	epoch          uint64
	since          uint64      // the epoch that began with this cycle of numbers
	skips          index.Skips // what may have been assigned in earlier epochs
	mayLeaveClaims bool
}

// Begin completes the index and log by each other, and begins an epoch: no other writer can append to log
// from then on. If it succeeds, the ledger keeps log, and Run must be called. Begin can be called again
// when Run has returned with an error. What was queued meanwhile becomes part of the new epoch.
func (l *Partition) Begin(ctx context.Context, log journal.Log) error {
	a := &index.Applier{Index: l.index, Expired: l.OldestDay(), Events: l.opt.Events, Sampled: l.opt.Sampled, Lost: l.reportLoss, IDs: l.opt.IDs}
	at, err := a.Replay(ctx, log, l.logger)
	if err != nil {
		return err
	}
	parts, earlier, err := l.index.HasParts()
	if err != nil {
		return err
	}
	l.owners.parts.Store(parts)
	l.owners.earlier.Store(earlier)
	if l.opt.Followed != nil {
		if err := l.opt.Followed(); err != nil {
			return err // before anything is appended, so that Begin can be called again
		}
	}
	return l.beginEpoch(ctx, at, log, a)
}

// reportLoss logs what is lost for good.
func (l *Partition) reportLoss(lost index.Lost) {
	messages := any(lost.Messages)
	if !lost.Known {
		messages = "unknown"
	}
	l.logger.Error("batches of the log are lost; reads of their messages get 404, and their numbers are skipped",
		"from", lost.From, "to", lost.To, "messages", messages)
}

func (l *Partition) beginEpoch(ctx context.Context, at index.Position, log journal.Log, a *index.Applier) error {
	instance, err := newInstance()
	if err != nil {
		return err
	}
	l.latest.Store(at.Time)
	host, _ := os.Hostname() // for the reader of the log only
	start := journal.Record{
		First: l.opt.First, Last: l.opt.Last, At: l.now(),
		Instance: []byte(host)[:min(len(host), journal.MaxInstance)],
	}
	begun := &epoch{epoch: at.Epoch + 1}
	var heads []knownHead
	if a.IsRebuilt() {
		heads = l.knownHeads()
	}
	l.forgetTable()
	serial := at.Serial
	if serial == 0 {
		serial = log.Info().Last
	}
	first := l.queue.open(journal.Header{Epoch: begun.epoch, Instance: instance, Serial: serial, Messages: at.Messages}, &start)
	l.appender = &appender{
		journal: log, queue: l.queue, applier: a, ledger: l, status: l.status,
		metrics: l.metrics, log: l.logger, connected: l.opt.Connected, applied: l.opt.Applied, yield: l.opt.Yield,
	}
	l.claims.Store(0)
	l.unclaimed.Store(false)
	if err := l.appender.begin(ctx, first); err != nil {
		return fmt.Errorf("begin epoch: %w", err)
	}
	if err := l.recordHeads(ctx, heads); err != nil {
		return fmt.Errorf("begin epoch: %w", err)
	}
	// The start record has brought in how the epoch before it ended.
	if begun.skips, err = l.index.Skips(); err != nil {
		return err
	}
	begun.since = a.Position().Cycle.Since
	begun.mayLeaveClaims = uint64(begun.skips.Unclaimed()) < min(maxUnclaimed, l.numbers/4/window)
	l.begun.Store(begun)
	l.queue.serve(true)
	l.logger.Info("ledger is up", "epoch", begun.epoch, "sequence", log.Last())
	return nil
}

// forgetTable drops what is in memory of the conversations. The index and the log know it, or its numbers
// are skipped.
func (l *Partition) forgetTable() {
	for i := range l.table.shard {
		l.table.shard[i].reset()
	}
}

// now returns the time for a record of the ledger's own. It never goes back, whatever the clock does.
func (l *Partition) now() int64 {
	for {
		now, latest := time.Now().UnixMilli(), l.latest.Load()
		if now <= latest {
			return latest
		}
		if l.latest.CompareAndSwap(latest, now) {
			return now
		}
	}
}

// Run writes the log until stop is closed, and then stops cleanly; or until ctx ends, or the log or the
// index is lost: then the ledger has to begin again. It is called after Begin.
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
