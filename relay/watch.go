package relay

import (
	"context"
	"fmt"
	"time"

	"readback/relay/journal"
	"readback/relay/ledger"
)

const (
	watchEvery    = time.Second     // looks at the store, and at one of the streams of a cluster
	askEvery      = 10              // looks until a stream of the embedded server is asked for: its directory is in the store
	streamTimeout = 2 * time.Second // of a look at a stream
)

// watch looks whether the store, the connection and the streams are still there, until ctx ends. If not,
// it says so at once, and the log is lost.
func (r *Relay) watch(ctx context.Context, c *connection, l *storedLog) {
	look := time.NewTicker(watchEvery)
	defer look.Stop()
	each := 1
	if r.broker != nil {
		each = askEvery
	}
	for looks := 0; ; looks++ {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
		err, n := r.lost(c), looks/each
		switch {
		case err != nil, looks%each != 0:
		case n%2 == 0: // the log more often than the others
			err = lostStream(ctx, c, journal.Stream, l.Info().Created)
		default:
			err = lostStream(ctx, c, l.beside[n/2%len(l.beside)], 0)
		}
		if err != nil && ctx.Err() == nil {
			r.status.Set(fmt.Errorf("%w: %w", ledger.ErrDown, err))
			l.lose(err)
			return
		}
	}
}

// lost returns what has to be opened again; nil if nothing has.
func (r *Relay) lost(c *connection) error {
	if err := r.store.intact(); err != nil {
		return err
	}
	if err := r.index.Err(); err != nil {
		return r.store.explain(err)
	}
	return c.Err()
}

func lostStream(ctx context.Context, c *connection, name string, created int64) error {
	ctx, cancel := context.WithTimeout(ctx, streamTimeout)
	defer cancel()
	return c.StreamLost(ctx, name, created)
}
