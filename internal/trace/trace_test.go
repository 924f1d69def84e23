package trace

import (
	"sync"
	"sync/atomic"
	"testing"
)

// TestTracesWatch runs many short traces that overlap. As long as one runs the PDUs are watched, and not after the last.
func TestTracesWatch(t *testing.T) {
	var watched, unlocked atomic.Bool
	var traces *Traces
	traces = NewTraces(Options{Watch: func(on bool) {
		if traces.mu.TryRLock() { // another trace could begin or end now, and overtake this call
			unlocked.Store(true)
			traces.mu.RUnlock()
		}
		watched.Store(on)
	}})
	var wg sync.WaitGroup
	for range maxTraces {
		wg.Go(func() {
			for range 200 {
				one, err := traces.Start(Filter{})
				if err != nil {
					t.Error(err)
					return
				}
				if !watched.Load() {
					t.Error("a trace runs, and nothing is watched")
				}
				one.Stop()
			}
		})
	}
	wg.Wait()
	if watched.Load() {
		t.Error("no trace runs, and the PDUs are watched")
	}
	if unlocked.Load() {
		t.Error("Watch is called without the lock")
	}
}
