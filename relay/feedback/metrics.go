package feedback

import (
	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/metric"
	"readback/relay/message"
)

// Metrics are what an operator sees of feedback; never a subscriber's number.
type Metrics struct {
	outcomes *prometheus.CounterVec
	outbox   prometheus.Gauge
	waiting  *prometheus.GaugeVec
	oldest   *prometheus.GaugeVec
	letters  prometheus.Gauge
	held     prometheus.Gauge
	events   prometheus.Counter

	labels []string // of waiting and oldest; owned by the sweep
}

// others is the label of the accounts that are neither listed nor bound.
const others = "other"

// outcomes are what may become of a feedback.
var outcomes = []string{
	"published", "delivered", "retried", "dead", "expired", "queue_full", "replayed", "dropped", "dead_full",
	"superseded", "repeated", "off", "erased",
}

// NewMetrics declares the metrics of feedback.
func NewMetrics(f metric.Factory) *Metrics {
	m := new(Metrics)
	m.outcomes = f.CounterVec(metric.Opts{
		Name: "readback_feedback_total", Help: "Feedback by what became of it.",
		Labels: []string{"outcome"}, Series: metric.Each(outcomes), Detail: "`published`, `delivered`, `retried`; made a dead letter: `dead` (refused), `expired` (`feedback.keep`), `queue_full` (`feedback.queue_size`); dead letters `replayed`, `dropped`, and dropped before their time: `dead_full` (`feedback.dead_size`); `superseded`: READ or the SMSC's receipt, where the account gets one of both; `repeated`: it was delivered before and came again; `off`: of accounts that are not told; `erased`: of receivers that were erased.",
		Look: "`dead`, `expired`, `dropped`, `queue_full` or `dead_full` rise",
	})
	m.outbox = f.Gauge(metric.Opts{
		Name: "readback_feedback_outbox", Help: "Feedback that is not yet in its queue.",
		Look: "it stays above zero",
	})
	m.waiting = f.GaugeVec(metric.Opts{
		Name: "readback_feedback_waiting", Help: "Feedback in the queue of an account, not yet settled.",
		Labels: []string{"account"}, Series: metric.Each([]string{others}), Detail: "Accounts that are neither listed nor bound are `other`.",
	})
	m.oldest = f.GaugeVec(metric.Opts{
		Name: "readback_feedback_oldest_seconds", Help: "Age of the oldest feedback in the queue of an account.",
		Labels: []string{"account"}, Series: metric.Each([]string{others}), Detail: "Accounts that are neither listed nor bound are `other`.", Look: "it grows",
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
	return m
}

// queues sets the metrics of what waits: of each account for which named is true, and of all others
// together. With a label for each account, anybody could fill the metrics with labels.
func (m *Metrics) queues(all []Queue, named func(*Queue) bool) {
	waiting, oldest := map[string]float64{others: 0}, map[string]float64{others: 0}
	for i := range all {
		label := others
		if named(&all[i]) {
			label = message.Shown(all[i].Account)
		}
		waiting[label] += float64(all[i].Waiting)
		oldest[label] = max(oldest[label], all[i].Age)
	}
	for _, label := range m.labels { // those of the last time
		if _, still := waiting[label]; !still {
			m.waiting.DeleteLabelValues(label)
			m.oldest.DeleteLabelValues(label)
		}
	}
	m.labels = m.labels[:0]
	for label := range waiting {
		m.waiting.WithLabelValues(label).Set(waiting[label])
		m.oldest.WithLabelValues(label).Set(oldest[label])
		m.labels = append(m.labels, label)
	}
}
