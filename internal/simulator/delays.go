package simulator

import (
	"context"
	"sync"
	"time"
)

// maxDelays bounds the jobs of delays; one more runs at once.
const maxDelays = 1 << 16

// delays runs jobs after different times, each on a goroutine of its own.
type delays struct {
	ctx   context.Context // static: no job starts after its end
	tasks sync.WaitGroup

	mu      sync.Mutex
	waiting int // guarded by mu
}

// run runs job after d, or at once if too many wait already.
func (l *delays) run(d time.Duration, job func()) {
	l.mu.Lock()
	full := l.waiting >= maxDelays
	if !full {
		l.waiting++
	}
	l.mu.Unlock()
	if full || d <= 0 {
		job()
		return
	}
	l.tasks.Go(func() {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
			job()
		case <-l.ctx.Done():
		}
		l.mu.Lock()
		l.waiting--
		l.mu.Unlock()
	})
}
