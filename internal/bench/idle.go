package bench

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Idle is what a gateway takes while its sessions send nothing.
type Idle struct {
	Release    Release `json:"release"`
	Sessions   int     `json:"sessions"`
	CPU        float64 `json:"cpu_percent"` // of one processor
	Resident   int64   `json:"resident_bytes"`
	InUse      int64   `json:"in_use_bytes"` // heap and stacks, after a garbage collection; zero: not known
	Goroutines int     `json:"goroutines"`   // zero: not known

	// For each session, in comparison with none.
	SessionBytes      float64 `json:"session_bytes,omitempty"`
	SessionGoroutines float64 `json:"session_goroutines,omitempty"`
}

// minIdleTime is how long the processor time is watched, at least: less says little.
const minIdleTime = 5 * time.Second

// idleTime is short where loads are.
func (b *bench) idleTime() time.Duration {
	if b.opt.Messages > 0 {
		return b.opt.Time
	}
	return max(b.opt.Time, minIdleTime)
}

var boundAll = regexp.MustCompile(`bound \d+ sessions`)

// idle measures each release without sessions and with opt.Idle of them.
func (b *bench) idle(ctx context.Context) (all []Idle, err error) {
	for _, release := range b.releases() {
		s := b.setup()
		s.Way, s.Release = Untracked, release
		none, some, err := b.idleOf(ctx, s)
		if err != nil {
			return all, fmt.Errorf("%s: %w", s.name(), err)
		}
		n := float64(some.Sessions)
		some.SessionBytes = float64(some.InUse-none.InUse) / n
		if some.InUse == 0 {
			some.SessionBytes = float64(some.Resident-none.Resident) / n
		}
		some.SessionGoroutines = float64(some.Goroutines-none.Goroutines) / n
		all = append(all, none, some)
		b.say("idle, %s: %.2f %% and %.2f %% of a processor, %.0f octets and %.1f goroutines a session\n",
			release, none.CPU, some.CPU, some.SessionBytes, some.SessionGoroutines)
	}
	return all, nil
}

func (b *bench) idleOf(ctx context.Context, s Setup) (none, some Idle, err error) {
	w, err := b.open(ctx, s)
	if err != nil {
		return none, some, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if none, err = b.watch(ctx, w, 0); err != nil {
		return none, some, err
	}
	p, err := start(w.dir, "idle", nil, b.opt.Binary, "sim", "idle", "--addr", w.addr, "--sessions", strconv.Itoa(b.opt.Idle))
	if err != nil {
		return none, some, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	limit := feedbackTime + time.Duration(b.opt.Idle)*10*time.Millisecond
	if _, err = p.await(ctx, limit, boundAll); err == nil {
		some, err = b.watch(ctx, w, b.opt.Idle)
	}
	return none, some, err
}

// watch returns what the gateway uses in a while.
func (b *bench) watch(ctx context.Context, w *world, sessions int) (i Idle, err error) {
	if err := w.settle(ctx, restTime); err != nil {
		return i, err
	}
	i = Idle{Release: w.setup.Release, Sessions: sessions}
	before, err := w.target.cpu()
	if err != nil {
		return i, err
	}
	start := time.Now()
	select {
	case <-time.After(b.idleTime()):
	case <-ctx.Done():
		return i, context.Cause(ctx)
	}
	after, err := w.target.cpu()
	if err != nil {
		return i, err
	}
	i.CPU = 100 * float64(after-before) / float64(time.Since(start))
	// A heap profile collects garbage first.
	if _, err := w.get(ctx, "/debug/pprof/heap?gc=1", func(string) {}); err != nil {
		return i, err
	}
	m, err := w.metrics(ctx)
	if err != nil {
		return i, err
	}
	i.Goroutines = int(m["go_goroutines"])
	i.InUse = int64(m["go_memstats_heap_alloc_bytes"] + m["go_memstats_stack_inuse_bytes"])
	i.Resident, err = resident(w.target.cmd.Process.Pid)
	return i, err
}
