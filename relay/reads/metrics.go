package reads

import (
	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/metric"
)

// Metrics count read responses.
type Metrics struct {
	verdicts *prometheus.CounterVec
	optedOut prometheus.Counter
}

// NewMetrics declares the metrics of read responses.
func NewMetrics(f metric.Factory) *Metrics {
	return &Metrics{
		verdicts: f.CounterVec(metric.Opts{
			Name: "readback_reads_total", Help: "Read responses by the way they came in and their verdict.",
			Labels: []string{"way", "verdict"}, Look: "401, 403 (forged), 429 rise",
		}),
		optedOut: f.Counter(metric.Opts{
			Name: "readback_reads_opted_out_total", Help: "Read responses accepted and dropped, because the receiver has opted out.",
		}),
	}
}
