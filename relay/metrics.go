package relay

import (
	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/metric"
	"readback/relay/broker"
	"readback/relay/cdr"
	"readback/relay/feedback"
	"readback/relay/index"
	"readback/relay/intake"
	"readback/relay/reads"
	"readback/relay/statistics"
)

// metrics are what an operator sees of the relay; never a subscriber's number.
type metrics struct {
	reads    *reads.Metrics
	refused  *prometheus.CounterVec
	erased   prometheus.Counter
	feedback *feedback.Metrics
	broker   *broker.Metrics
	messages *statistics.Counters
	cdr      *cdr.Metrics
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m, f := new(metrics), metric.With(reg)
	m.addReads(f)
	m.broker = broker.NewMetrics(f)
	m.feedback = feedback.NewMetrics(f)
	m.cdr = cdr.NewMetrics(f)
	m.messages = statistics.NewCounters(f)
	return m
}

// addDown declares the metric that says what ready says: whether numbers can be given and reads taken.
func addDown(reg prometheus.Registerer, ready func() error) {
	metric.With(reg).GaugeFunc(metric.Opts{
		Name: "readback_ledger_down", Help: "1 while no number can be given and no read taken.",
		Detail: "`/readyz` says why.", Look: "1",
	}, func() float64 {
		if ready() != nil {
			return 1
		}
		return 0
	})
}

// addReplay declares the metrics of how far the log is read before the ledger begins.
func addReplay(reg prometheus.Registerer, progress func() index.Progress) {
	f := metric.With(reg)
	f.GaugeFunc(metric.Opts{
		Name: "readback_index_replay_batches", Help: "Batches of the log that had to be read when the ledger began.",
		Detail: "Those that the index lacked. It is 0 before.",
	}, func() float64 { return float64(progress().Total) })
	f.GaugeFunc(metric.Opts{
		Name: "readback_index_replay_batches_read", Help: "How many of them are read.",
		Detail: "`/readyz` says how long the others take.", Look: "it stands still below `readback_index_replay_batches`",
	}, func() float64 { return float64(progress().Read) })
}

func (m *metrics) addReads(f metric.Factory) {
	m.reads = reads.NewMetrics(f, intake.Codes())
	m.refused = f.CounterVec(metric.Opts{
		Name: "readback_reads_connections_refused_total", Help: "Connections to the HTTP interface closed at once, by reason.",
		Labels: []string{"reason"}, Detail: "`max_connections`, `per_address`, `rate`, `gave_way`, `tls` ([security](security.md#floods)).", Look: "it rises",
		Series: metric.Each([]string{"max_connections", "per_address", "rate", "gave_way", "tls"}),
	})
	m.erased = f.Counter(metric.Opts{
		Name: "readback_receivers_erased_total", Help: "Receivers of whom all was erased.",
	})
}
