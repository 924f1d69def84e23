package relay

import (
	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/metric"
)

// readMetrics count read responses.
type readMetrics struct {
	verdicts *prometheus.CounterVec
	optedOut prometheus.Counter
}

func newReadMetrics(f metric.Factory) *readMetrics {
	return &readMetrics{
		verdicts: f.CounterVec(metric.Opts{
			Name: "readback_reads_total", Help: "Read responses by the way they came in and their verdict.",
			Labels: []string{"way", "verdict"}, Look: "401, 403 (forged), 429 rise",
		}),
		optedOut: f.Counter(metric.Opts{
			Name: "readback_reads_opted_out_total", Help: "Read responses accepted and dropped, because the receiver has opted out.",
		}),
	}
}
