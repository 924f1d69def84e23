package simulator

import (
	"context"
	"time"
)

// maxWaiting is the length of a line. When the line is full, put waits.
const maxWaiting = 1 << 16

// line runs jobs a fixed time after they came, in their order, on one goroutine.
type line struct {
	delay time.Duration
	jobs  chan job
}

type job struct {
	due time.Time
	run func()
}

func newLine(delay time.Duration) *line {
	return &line{delay, make(chan job, maxWaiting)}
}

// put queues run; it gives up when ctx ends.
func (l *line) put(ctx context.Context, run func()) {
	select {
	case l.jobs <- job{time.Now().Add(l.delay), run}:
	case <-ctx.Done():
	}
}

// run runs jobs until ctx ends. It calls idle before it waits.
func (l *line) run(ctx context.Context, idle func()) {
	for {
		select {
		case j := <-l.jobs:
			if !l.sleep(ctx, time.Until(j.due), idle) {
				return
			}
			j.run()
			if len(l.jobs) == 0 {
				idle()
			}
		case <-ctx.Done():
			return
		}
	}
}

// sleep waits for d and reports whether ctx is still alive.
func (l *line) sleep(ctx context.Context, d time.Duration, idle func()) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	idle()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
