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
	feedback *prometheus.CounterVec
	outbox   prometheus.Gauge
	waiting  *prometheus.GaugeVec
	oldest   *prometheus.GaugeVec
	letters  prometheus.Gauge
	held     prometheus.Gauge

	events prometheus.Counter

	broker *BrokerMetrics

	labels []string // of waiting and oldest; owned by the survey
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m, f := new(metrics), metric.With(reg)
	m.addReads(f)
	m.broker = NewBrokerMetrics(f)
	m.addFeedback(f)
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

func (m *metrics) addFeedback(f metric.Factory) {
	m.feedback = f.CounterVec(metric.Opts{
		Name: "readback_feedback_total", Help: "Feedback by what became of it.",
		Labels: []string{"outcome"}, Detail: "`published`, `delivered`, `retried`; made a dead letter: `dead` (refused), `expired` (`feedback.keep`); dead letters `replayed`, `dropped`; `superseded`: READ or the SMSC's receipt, where the account gets one of both; `off`: of accounts that are not told; `erased`: of receivers that were erased.",
		Look: "`dead`, `expired` or `dropped` rise",
	})
	m.outbox = f.Gauge(metric.Opts{
		Name: "readback_feedback_outbox", Help: "Feedback that is not yet in its queue.",
		Look: "it stays above zero",
	})
	m.waiting = f.GaugeVec(metric.Opts{
		Name: "readback_feedback_waiting", Help: "Feedback in the queue of an account, not yet settled.",
		Labels: []string{"account"}, Detail: "Accounts that are neither listed nor bound are `other`.",
	})
	m.oldest = f.GaugeVec(metric.Opts{
		Name: "readback_feedback_oldest_seconds", Help: "Age of the oldest feedback in the queue of an account.",
		Labels: []string{"account"}, Detail: "Accounts that are neither listed nor bound are `other`.", Look: "it grows",
	})
	m.letters = f.Gauge(metric.Opts{
		Name: "readback_dead_letters", Help: "Dead letters that are kept.",
		Look: "above 0: `readback dead list`",
	})
	m.held = f.Gauge(metric.Opts{
		Name: "readback_receipts_held", Help: "Receipts of the SMSC that wait for a read response to take their place.",
		Detail: "See `feedback.hold_receipt`.",
	})
	m.events = f.Counter(metric.Opts{
		Name: "readback_events_total", Help: "Events published to their stream.",
		Look: "it stands still with `feedback.events`",
	})
}
