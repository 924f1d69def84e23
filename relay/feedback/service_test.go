package feedback

import (
	"testing"

	"readback/relay/index"
	"readback/relay/relaytest"
)

// What a batch of the log came to is counted, and wakes the publishers that have something to do.
func TestApplied(t *testing.T) {
	f := newFixture(t, newTestIndex(t))
	for _, tt := range []struct {
		name             string
		result           index.Result
		waiting          float64
		feedback, events int // 1 if its publisher is woken
	}{
		{"nothing", index.Result{}, 0, 0, 0},
		{"feedback", index.Result{Added: 3}, 3, 1, 0},
		{"an event", index.Result{Events: true}, 3, 0, 1},
		{"feedback that is in its queue", index.Result{Taken: 2}, 1, 0, 0},
		{"all at once", index.Result{Added: 1, Taken: 1, Events: true}, 1, 1, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f.Applied(&tt.result)
			if got := relaytest.Metric(t, f.reg, "readback_feedback_outbox", ""); got != tt.waiting {
				t.Errorf("in the outbox: got %v, want %v", got, tt.waiting)
			}
			if feedback, events := len(f.outbox.added), len(f.events.added); feedback != tt.feedback || events != tt.events {
				t.Errorf("woken: got %d and %d, want %d and %d", feedback, events, tt.feedback, tt.events)
			}
			for _, added := range []chan struct{}{f.outbox.added, f.events.added} {
				select {
				case <-added:
				default:
				}
			}
		})
	}
}

// Feedback that is in the outbox before the ledger is up is counted.
func TestOutboxIsCounted(t *testing.T) {
	ix := newTestIndex(t)
	ix.writeReads(3)
	f := newFixture(t, ix)
	if err := f.CountOutbox(); err != nil {
		t.Fatal(err)
	}
	if got := relaytest.Metric(t, f.reg, "readback_feedback_outbox", ""); got != 3 {
		t.Errorf("got %v, want 3", got)
	}
}
