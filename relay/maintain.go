package relay

import (
	"context"
	"time"
)

const (
	flushEvery  = 30 * time.Second
	expireEvery = time.Hour
)

// maintain writes the index to the disk now and then, so that little of the log has to
// be read again after a crash, and forgets days that have expired.
func (r *Relay) maintain(ctx context.Context) {
	flush, expire := time.NewTicker(flushEvery), time.NewTicker(expireEvery)
	defer flush.Stop()
	defer expire.Stop()
	r.expire()
	for {
		select {
		case <-ctx.Done():
			return
		case <-flush.C:
			if err := r.index.Flush(); err != nil {
				r.log.Error("index cannot be flushed", "error", err)
			}
			r.ledger.CountHeads()
		case <-expire.C:
			r.expire()
		}
	}
}

func (r *Relay) expire() {
	if err := r.optOuts.Renew(time.Now().Add(-r.opt.Keep / 2)); err != nil {
		r.log.Error("opt-outs cannot be renewed in the log", "error", err)
	}
	if err := r.index.Expire(r.ledger.OldestDay()); err != nil {
		r.log.Error("old messages cannot be removed", "error", err)
	}
}
