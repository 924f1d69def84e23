package ledger

import (
	"errors"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"readback/relay/journal"
	"readback/relay/relaytest"
)

// countdown is closed when as many were told.
type countdown struct {
	left atomic.Int64
	zero chan struct{}
}

func (c *countdown) Logged(uint64) {
	if c.left.Add(-1) == 0 {
		close(c.zero)
	}
}

// While the log is away, however long, the waiting records are bounded and all waiters are told.
func TestLongOutage(t *testing.T) {
	p := runLedger(t)
	var away atomic.Bool
	p.log.SetFault(func([]byte) (bool, error) {
		if away.Load() {
			return false, journal.ErrUnreachable
		}
		return false, nil
	})
	away.Store(true)
	const routes = maxQueuedRecords + journal.MaxBatch/4 // an append takes some
	told := countdown{zero: make(chan struct{})}
	told.left.Store(routes)
	for i := range routes {
		p.Route("bank", journal.Place{}, strconv.AppendInt(nil, int64(i), 10), &told, 0)
	}
	relaytest.Receive(t, told.zero)
	if n := p.pendingRoutes(); n > maxQueuedRecords+journal.MaxBatch/8 {
		t.Errorf("routes in memory: got %d, want %d and those of an append at most", n, maxQueuedRecords)
	}
	if _, err := p.status.Get(); !errors.Is(err, ErrDown) || !errors.Is(err, journal.ErrUnreachable) {
		t.Errorf("reason: got %v, want that the log is away", err)
	}
	away.Store(false)
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	if n := testutil.ToFloat64(p.metrics.dropped); n < 100 {
		t.Errorf("dropped: got %v, want hundreds counted", n)
	}
}
