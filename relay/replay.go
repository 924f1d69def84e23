package relay

import (
	"context"
	"log/slog"
	"time"

	"readback/relay/journal"
)

// replay brings the index to the end of the log. An index that is not of this log is
// emptied first: it knows a log that was made at another time, or more batches
// than the log has.
func (a *applier) replay(ctx context.Context, log journal.Log, logger *slog.Logger) (applied, error) {
	info := log.Info()
	if err := journal.CheckNewest(ctx, log); err != nil {
		return applied{}, err
	}
	same, err := a.ix.matches(info.Created)
	if err != nil {
		return applied{}, err
	}
	at, err := a.ix.applied()
	if !same || err != nil || at.seq > info.Last {
		if at.seq > 0 {
			logger.Warn("index is not of this log and is built again", "index", at.seq, "log", info.Last)
		}
		if err := a.ix.rebuild(info.Created); err != nil {
			return applied{}, err
		}
		at = applied{}
	}
	a.cycle = at.cycle
	from := max(at.seq+1, info.First)
	if info.Empty || from > info.Last {
		return at, nil
	}
	began := time.Now()
	if err := log.Replay(ctx, from, func(seq uint64, batch []byte) error {
		_, err := a.apply(seq, batch, true)
		return err
	}); err != nil {
		return applied{}, err
	}
	logger.Info("log replayed", "from", from, "to", info.Last, "took", time.Since(began))
	return a.ix.applied()
}
