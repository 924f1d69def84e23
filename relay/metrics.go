package relay

import (
	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/metric"
)

// metrics are what an operator sees of the relay; never a subscriber's number.
type metrics struct {
	reads    *prometheus.CounterVec
	optedOut prometheus.Counter
	refused  *prometheus.CounterVec
	erased   prometheus.Counter
	feedback *feedbackMetrics
	broker   *BrokerMetrics
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m, f := new(metrics), metric.With(reg)
	m.addReads(f)
	m.broker = NewBrokerMetrics(f)
	m.feedback = newFeedbackMetrics(f)
	return m
}

func (m *metrics) addReads(f metric.Factory) {
	m.reads = f.CounterVec(metric.Opts{
		Name: "readback_reads_total", Help: "Read responses by the way they came in and their verdict.",
		Labels: []string{"way", "verdict"}, Look: "401, 403 (forged), 429 rise",
	})
	m.optedOut = f.Counter(metric.Opts{
		Name: "readback_reads_opted_out_total", Help: "Read responses accepted and dropped, because the receiver has opted out.",
	})
	m.refused = f.CounterVec(metric.Opts{
		Name: "readback_reads_connections_refused_total", Help: "Connections to the HTTP interface closed at once, by reason.",
		Labels: []string{"reason"}, Detail: "`max_connections`, `tls`.", Look: "it rises",
	})
	m.erased = f.Counter(metric.Opts{
		Name: "readback_receivers_erased_total", Help: "Receivers of whom all was erased.",
	})
}
