package relay

import (
	"log/slog"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"readback/internal/metric"
	"readback/relay/index"
)

// When a batch of the log brings feedback, the outbox is looked at. What it brings and what it
// takes is counted.
func TestOutboxIsLookedAt(t *testing.T) {
	f := newFeedbackService(&feedbackConfig{metrics: newFeedbackMetrics(metric.With(nil)), log: slog.New(slog.DiscardHandler)})
	for _, tt := range []struct {
		name   string
		res    index.Result
		rows   float64
		signal bool
	}{
		{"nothing", index.Result{}, 0, false},
		{"two more", index.Result{Added: 2}, 2, true},
		{"one is taken", index.Result{Taken: 1}, 1, false},
	} {
		f.applied(&tt.res)
		signal := false
		select {
		case <-f.outbox.added:
			signal = true
		default:
		}
		if got := testutil.ToFloat64(f.metrics.outbox); got != tt.rows || signal != tt.signal {
			t.Errorf("%s: got %v rows, signal %v, want %v, %v", tt.name, got, signal, tt.rows, tt.signal)
		}
	}
}
