package index

import (
	"context"
	"log/slog"
	"time"

	"readback/relay/journal"
	"readback/relay/message"
)

// Replay brings the index to the end of the log, and completes each by the other: batches that only the
// log has are applied, and what only the index has stays. Batches that both have lost are passed to
// Lost. An index that is damaged is built again.
func (a *Applier) Replay(ctx context.Context, log journal.Log, logger *slog.Logger) (Position, error) {
	if err := journal.CheckNewest(ctx, log); err != nil {
		return Position{}, err
	}
	if err := a.Index.Restart(); err != nil {
		return Position{}, err
	}
	at, same, err := a.Index.prepare(log.Info().Created)
	if err != nil {
		return Position{}, err
	}
	if !same && at.Serial > 0 {
		if at, err = a.recognize(ctx, log, at, logger); err != nil {
			return Position{}, err
		}
	}
	a.pos, a.staged, a.lost = at, at, 0
	if at.Serial > 0 {
		if err := a.resumeStaged(); err != nil {
			return Position{}, err
		}
	}
	began := time.Now()
	old, err := a.oldStores(logger)
	if err != nil {
		return Position{}, err
	}
	if err := a.rebuild(ctx, log, old, same, logger); err != nil {
		return Position{}, err
	}
	if err := a.compare(ctx, log, same, at, logger); err != nil {
		return Position{}, err
	}
	if a.pos.Serial > at.Serial {
		logger.Info("log replayed", "to", log.Info().Last, "batches", a.pos.Serial-at.Serial, "took", time.Since(began))
	}
	a.pos.Seq = log.Info().Last
	a.staged = a.pos
	a.Index.staged.applied(a.pos)
	if a.pos != at {
		err = a.Index.set(keyApplied, appendPosition(nil, &a.pos))
	}
	return a.pos, firstError(err, a.Index.Flush()) // from here on recent batches are kept
}

// rebuild takes over old stores, if there are any, and brings the index to the end of the log.
func (a *Applier) rebuild(ctx context.Context, log journal.Log, old []*oldStore, same bool, logger *slog.Logger) error {
	if err := a.takeOver(old, log.Info().Created, logger); err != nil {
		return err
	}
	from, err := a.startOf(ctx, log, same)
	if err != nil {
		return err
	}
	if err := a.follow(ctx, log, from); err != nil {
		return err
	}
	return a.complete(old, logger)
}

// startOf returns the sequence with which the log has to be read: behind the last batch all of whose rows the
// index has, if that stands where the index says, and else from the beginning.
func (a *Applier) startOf(ctx context.Context, log journal.Log, same bool) (uint64, error) {
	info, at := log.Info(), a.staged
	if !same || at.Serial == 0 || info.Empty || at.Seq > info.Last || at.Seq < info.First {
		return info.First, nil
	}
	if at.Sum == 0 {
		return at.Seq + 1, nil // a batch without a checksum
	}
	found := false
	err := log.Replay(ctx, at.Seq, func(seq uint64, batch []byte) error {
		r, err := journal.ParseBatch(batch)
		// A damaged one says nothing, and those behind it have serials.
		found = err != nil || seq != at.Seq || r.Sum == at.Sum && r.Header.Serial == at.Serial
		return errEnough
	})
	if err != nil && err != errEnough {
		return 0, err
	}
	if found {
		return at.Seq + 1, nil
	}
	return info.First, nil
}

// compare reports what the log has lost and the index has.
func (a *Applier) compare(ctx context.Context, log journal.Log, same bool, before Position, logger *slog.Logger) error {
	info := log.Info()
	end, err := lastOf(ctx, log, before)
	if err != nil {
		return err
	}
	known := a.pos.Serial
	switch {
	case end.Serial > 0 && end.Serial < known:
		logger.Error("log has lost its end; the index has it, and numbering goes on behind it",
			"log_ends_at", info.Last, "batches", known-end.Serial, "messages", a.pos.Messages-min(end.Messages, a.pos.Messages))
	case info.Empty && known > 0 && (!same || before.Seq > info.Last || a.wasPurged(info, before)):
		logger.Error("log was removed or replaced; the index has what it knew, and numbering goes on behind it",
			"batches", known%RestoreGap, "messages", a.pos.Messages)
	}
	if missing := info.Missing - min(info.Missing, before.Missing); missing > a.lost {
		logger.Error("log has lost batches in its middle; what the index knows of them stays",
			"batches", missing-a.lost, "first", info.First, "last", info.Last)
	}
	a.pos.Missing = info.Missing
	if info.Empty {
		a.pos.Missing = info.Last
	}
	return nil
}

// wasPurged reports whether an empty log has lost batches that cannot have expired, which is not known yet.
func (a *Applier) wasPurged(info journal.Info, before Position) bool {
	return before.Seq > 0 && before.Missing < info.Last && message.DayOf(a.pos.Time) > a.Expired
}

// looksBack is how many of the newest batches are read to find one that is not damaged.
const looksBack = 1000

// lastOf returns the serial of the last batch that can be read, and how many messages there were up to
// its end; zero if there is none. It looks behind a damaged one only in a log that has become shorter:
// otherwise follow has reported it.
func lastOf(ctx context.Context, log journal.Log, before Position) (end Position, err error) {
	info := log.Info()
	newest, err := log.Newest(ctx)
	if err != nil || info.Empty {
		return end, err
	}
	if end = endOf(info.Last, newest); end.Serial > 0 || before.Seq <= info.Last {
		return end, nil
	}
	err = log.Replay(ctx, info.Last-min(info.Last, looksBack), func(seq uint64, batch []byte) error {
		if good := endOf(seq, batch); good.Serial > 0 {
			end = good
		}
		return nil
	})
	return end, err
}

// endOf returns the serial of a batch, and how many messages there were up to its end.
func endOf(seq uint64, batch []byte) Position {
	r, err := journal.ParseBatch(batch)
	if err != nil {
		return Position{}
	}
	end := Position{Serial: r.Header.Serial, Messages: r.Header.Messages}
	if !r.HasMessages() {
		end.Serial = seq
	}
	for rec := (journal.Record{}); r.Next(&rec); {
		if rec.Kind == journal.KindAccepted || rec.Kind == journal.KindLate {
			end.Messages++
		}
	}
	return end
}
