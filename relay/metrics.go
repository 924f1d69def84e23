package relay

import (
	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/metric"
	"readback/relay/broker"
	"readback/relay/feedback"
	"readback/relay/reads"
)

// metrics are what an operator sees of the relay; never a subscriber's number.
type metrics struct {
	reads    *reads.Metrics
	refused  *prometheus.CounterVec
	erased   prometheus.Counter
	feedback *feedback.Metrics
	broker   *broker.Metrics
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m, f := new(metrics), metric.With(reg)
	m.addReads(f)
	m.broker = broker.NewMetrics(f)
	m.feedback = feedback.NewMetrics(f)
	return m
}

func (m *metrics) addReads(f metric.Factory) {
	m.reads = reads.NewMetrics(f)
	m.refused = f.CounterVec(metric.Opts{
		Name: "readback_reads_connections_refused_total", Help: "Connections to the HTTP interface closed at once, by reason.",
		Labels: []string{"reason"}, Detail: "`max_connections`, `tls`.", Look: "it rises",
	})
	m.erased = f.Counter(metric.Opts{
		Name: "readback_receivers_erased_total", Help: "Receivers of whom all was erased.",
	})
}
