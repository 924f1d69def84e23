package reads

import (
	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/metric"
)

// Metrics count read responses.
type Metrics struct {
	verdicts   *prometheus.CounterVec
	overBudget *prometheus.CounterVec
	optedOut   prometheus.Counter
}

// NewMetrics declares the metrics of read responses.
func NewMetrics(f metric.Factory) *Metrics {
	return &Metrics{
		verdicts: f.CounterVec(metric.Opts{
			Name: "readback_reads_total", Help: "Read responses by the way they came in and their verdict.",
			Labels: []string{"way", "verdict"}, Look: "401, 403 (forged), 429 rise",
		}),
		overBudget: f.CounterVec(metric.Opts{
			Name: "readback_reads_over_budget_total", Help: "Requests of callers refused because too many were at work, by the way they came in.",
			Labels: []string{"way"}, Detail: "A body of many read responses counts once.", Look: "it rises: somebody floods the gateway, or callers need more of it than SMS leaves",
		}),
		optedOut: f.Counter(metric.Opts{
			Name: "readback_reads_opted_out_total", Help: "Read responses accepted and dropped, because the receiver has opted out.",
		}),
	}
}
