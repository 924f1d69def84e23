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
	padEvery    = 24 * time.Hour
)

// maintenance flushes the index, removes what has expired, and purges what an erasure did not, or one that the
// index was built again with.
type maintenance struct {
	index   *index.Index
	ledger  *ledger.Partition
	optOuts *reads.OptOuts
	keep    time.Duration // how long a message can be read
	log     *slog.Logger

	padding []byte    // the mark of the erasure after which the log is being padded; nil: it is not
	padded  time.Time // when that was done last
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
	if err := m.index.FlushContext(ctx); err != nil && ctx.Err() == nil {
		m.log.Error("index cannot be flushed", "error", err)
	}
	_ = m.index.Purge(ctx) // it has said so
	if err := m.pad(); err != nil {
		m.log.Warn("log could not be padded after an erasure", "error", err)
	}
}

// pad begins another file of the log when somebody was erased, once a day at most: then all files with records
// of before are removed when these have expired.
func (m *maintenance) pad() error {
	if m.padding != nil {
		if !m.ledger.IsPadded() {
			return nil
		}
		done := m.padding
		m.padding, m.padded = nil, time.Now()
		return m.index.SetPadded(done)
	}
	if time.Since(m.padded) < padEvery {
		return nil
	}
	mark, err := m.index.Unpadded()
	if mark != nil {
		m.padding = mark
		m.ledger.Pad()
	}
	return err
}

func (m *maintenance) expire() {
	if err := m.optOuts.Renew(time.Now().Add(-m.keep / 2)); err != nil {
		m.log.Error("opt-outs cannot be renewed in the log", "error", err)
	}
	if err := m.index.Expire(m.ledger.OldestDay()); err != nil {
		m.log.Error("old messages cannot be removed", "error", err)
	}
}
