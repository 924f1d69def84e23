package archive

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"time"

	"readback/relay/index"
	"readback/relay/journal"
)

// begin brings the new index to the end of the log, takes over what the earlier store knows, and appends
// an epoch of one batch, which says how many numbers are skipped.
func (r *restoring) begin(ctx context.Context, s *stopped) error {
	a, l, err := s.follow(ctx, r.opt, r.opt.Log)
	if err != nil {
		return err
	}
	defer l.Close()
	switch {
	case r.earlier != "" && r.other:
		r.Others, err = a.Outnumber(r.earlier, r.opt.cycle(), r.opt.Log)
	case r.earlier != "":
		err = a.TakeOver(r.earlier, r.opt.Log)
	}
	if err != nil {
		return fmt.Errorf("take over what the earlier store knows: %w", err)
	}
	skips, err := a.Index.Skips()
	if err != nil {
		return err
	}
	// Skips never add up to a cycle.
	skip := (r.opt.cycle() - min(r.opt.cycle(), skips.Skipped())) / 2
	if err := r.opt.appendEpoch(ctx, a, l, epoch{by: "restore", after: index.RestoreGap, skip: skip}); err != nil {
		return err
	}
	if r.Known {
		return a.Index.DropSkip(a.Position().Epoch)
	}
	r.Skipped = skip
	return nil
}

// epoch is one that has one batch only, and a clean stop.
type epoch struct {
	by    string
	after uint64 // serials behind the last batch
	skip  uint64 // numbers that are skipped, if after is more than one
}

// appendEpoch appends the batch to the log, and brings it into the index.
func (o *Options) appendEpoch(ctx context.Context, a *index.Applier, l journal.Log, e epoch) error {
	var random [8]byte
	if _, err := rand.Read(random[:]); err != nil {
		return err
	}
	at, now := a.Position(), time.Now().UnixMilli()
	now = max(now, at.Time)
	batch := journal.AppendHeader(nil, journal.Header{
		Epoch: at.Epoch + 1, Instance: binary.BigEndian.Uint64(random[:]), Serial: at.Serial + e.after, Messages: at.Messages,
	})
	batch = journal.AppendStart(batch, &journal.Record{First: o.First, Last: o.Last, At: now, Instance: []byte(e.by)})
	if e.after > 1 {
		batch = journal.AppendSkip(batch, e.skip, now)
	}
	batch = journal.Seal(journal.AppendStop(batch, now))
	if err := l.Append(ctx, batch); err != nil {
		return fmt.Errorf("append to the log: %w", err)
	}
	_, err := a.Apply(l.Last(), batch, true)
	return err
}
