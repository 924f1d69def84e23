package relay

import (
	"context"
	"log/slog"
	"time"

	"readback/relay/index"
	"readback/relay/ledger"
	"readback/relay/reads"
)

const (
	flushEvery  = 30 * time.Second
	expireEvery = time.Hour
)

// maintenance flushes the index, removes what has expired, and purges what an erasure did not, or one that the
// index was built again with.
type maintenance struct {
	index   *index.Index
	ledger  *ledger.Partition
	optOuts *reads.OptOuts
	keep    time.Duration // how long a message can be read
	log     *slog.Logger
}

// run writes the index to the disk now and then, so that little of the log has to
// be read again after a crash, and forgets days that have expired.
func (m *maintenance) run(ctx context.Context) {
	flush, expire := time.NewTicker(flushEvery), time.NewTicker(expireEvery)
	defer flush.Stop()
	defer expire.Stop()
	m.expire()
	for {
		select {
		case <-ctx.Done():
			return
		case <-flush.C:
			m.flush(ctx)
			m.ledger.CountHeads()
		case <-expire.C:
			m.expire()
		}
	}
}

func (m *maintenance) flush(ctx context.Context) {
	if err := m.index.Flush(); err != nil {
		m.log.Error("index cannot be flushed", "error", err)
	}
	_ = m.index.Purge(ctx) // it has said so
}

func (m *maintenance) expire() {
	if err := m.optOuts.Renew(time.Now().Add(-m.keep / 2)); err != nil {
		m.log.Error("opt-outs cannot be renewed in the log", "error", err)
	}
	if err := m.index.Expire(m.ledger.OldestDay()); err != nil {
		m.log.Error("old messages cannot be removed", "error", err)
	}
}
