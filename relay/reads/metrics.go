package reads

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/metric"
)

// Metrics count read responses.
type Metrics struct {
	verdicts   *prometheus.CounterVec
	overBudget *prometheus.CounterVec
	optedOut   prometheus.Counter
}

// ways are how read responses come in.
var ways = []string{"http", "nats", "mqtt", "sms", "smpp"}

// NewMetrics declares the metrics of read responses. verdicts are the codes that a verdict may have.
func NewMetrics(f metric.Factory, verdicts []int) *Metrics {
	var codes []string
	for _, code := range verdicts {
		codes = append(codes, strconv.Itoa(code))
	}
	return &Metrics{
		verdicts: f.CounterVec(metric.Opts{
			Name: "readback_reads_total", Help: "Read responses by the way they came in and their verdict.",
			Labels: []string{"way", "verdict"}, Series: metric.Each(ways, codes), Look: "401, 403 (forged), 429 rise",
		}),
		overBudget: f.CounterVec(metric.Opts{
			Name: "readback_reads_over_budget_total", Help: "Requests of callers refused because too many were at work, by the way they came in.",
			Labels: []string{"way"}, Series: metric.Each(ways), Detail: "A body of many read responses counts once.", Look: "it rises: somebody floods the gateway, or callers need more of it than SMS leaves",
		}),
		optedOut: f.Counter(metric.Opts{
			Name: "readback_reads_opted_out_total", Help: "Read responses accepted and dropped, because the receiver has opted out.",
		}),
	}
}
