package index

import (
	"context"
	"log/slog"
	"time"

	"readback/relay/journal"
)

// Replay brings the index to the end of the log. An index that is not of this log is
// emptied first: it knows a log that was made at another time, or more batches
// than the log has.
func (a *Applier) Replay(ctx context.Context, log journal.Log, logger *slog.Logger) (Position, error) {
	info := log.Info()
	if err := journal.CheckNewest(ctx, log); err != nil {
		return Position{}, err
	}
	same, err := a.Index.matches(info.Created)
	if err != nil {
		return Position{}, err
	}
	at, err := a.Index.Position()
	if !same || err != nil || at.Seq > info.Last {
		if at.Seq > 0 {
			logger.Warn("index is not of this log and is built again", "index", at.Seq, "log", info.Last)
		}
		if err := a.Index.rebuild(info.Created); err != nil {
			return Position{}, err
		}
		at = Position{}
	}
	a.Cycle = at.Cycle
	from := max(at.Seq+1, info.First)
	if info.Empty || from > info.Last {
		return at, nil
	}
	began := time.Now()
	if err := log.Replay(ctx, from, func(seq uint64, batch []byte) error {
		_, err := a.Apply(seq, batch, true)
		return err
	}); err != nil {
		return Position{}, err
	}
	logger.Info("log replayed", "from", from, "to", info.Last, "took", time.Since(began))
	return a.Index.Position()
}
