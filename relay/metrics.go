package relay

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"readback/relay/journal"
)

// metrics are what an operator sees of the relay; never a subscriber's number.
type metrics struct {
	records  [journal.Kinds]prometheus.Counter
	appends  prometheus.Histogram
	batches  prometheus.Histogram
	down     prometheus.Gauge
	dropped  prometheus.Counter
	receipts prometheus.Counter
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
	heads    prometheus.Gauge

	events prometheus.Counter

	clientsRefused prometheus.Counter
	clientsDenied  *prometheus.CounterVec

	labels []string // of waiting and oldest; owned by the survey
}

func newMetrics(reg prometheus.Registerer) *metrics {
	f := promauto.With(reg)
	m := &metrics{
		appends: f.NewHistogram(prometheus.HistogramOpts{
			Name: "readback_ledger_append_seconds", Help: "Time from an append to the log until it is acknowledged.",
			Buckets: prometheus.ExponentialBuckets(50e-6, 2, 16),
		}),
		batches: f.NewHistogram(prometheus.HistogramOpts{
			Name: "readback_ledger_batch_records", Help: "Records in an append to the log.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 12),
		}),
		down: f.NewGauge(prometheus.GaugeOpts{
			Name: "readback_ledger_down", Help: "1 while no number can be given and no read taken.",
		}),
		dropped: f.NewCounter(prometheus.CounterOpts{
			Name: "readback_ledger_dropped_total", Help: "Records dropped because the log was away for too long.",
		}),
		receipts: f.NewCounter(prometheus.CounterOpts{
			Name: "readback_ledger_receipts_dropped_total", Help: "Delivery receipts dropped because too many were waiting.",
		}),
		reads: f.NewCounterVec(prometheus.CounterOpts{
			Name: "readback_reads_total", Help: "Read responses by the way they came in and their verdict.",
		}, []string{"way", "verdict"}),
		optedOut: f.NewCounter(prometheus.CounterOpts{
			Name: "readback_reads_opted_out_total", Help: "Read responses accepted and dropped, because the receiver has opted out.",
		}),
		refused: f.NewCounterVec(prometheus.CounterOpts{
			Name: "readback_reads_connections_refused_total", Help: "Connections to the HTTP interface closed at once, by reason.",
		}, []string{"reason"}),
		erased: f.NewCounter(prometheus.CounterOpts{
			Name: "readback_receivers_erased_total", Help: "Receivers of whom all was erased.",
		}),
		feedback: f.NewCounterVec(prometheus.CounterOpts{
			Name: "readback_feedback_total", Help: "Feedback by what became of it.",
		}, []string{"outcome"}),
		outbox: f.NewGauge(prometheus.GaugeOpts{
			Name: "readback_feedback_outbox", Help: "Feedback that is not yet in its queue.",
		}),
		waiting: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "readback_feedback_waiting", Help: "Feedback in the queue of an account, not yet settled.",
		}, []string{"account"}),
		oldest: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "readback_feedback_oldest_seconds", Help: "Age of the oldest feedback in the queue of an account.",
		}, []string{"account"}),
		letters: f.NewGauge(prometheus.GaugeOpts{
			Name: "readback_dead_letters", Help: "Dead letters that are kept.",
		}),
		held: f.NewGauge(prometheus.GaugeOpts{
			Name: "readback_receipts_held", Help: "Receipts of the SMSC that wait for a read response to take their place.",
		}),
		heads: f.NewGauge(prometheus.GaugeOpts{
			Name: "readback_ledger_conversations", Help: "Conversations held in memory.",
		}),
	}
	m.events = f.NewCounter(prometheus.CounterOpts{
		Name: "readback_events_total", Help: "Events published to their stream.",
	})
	m.clientsRefused = f.NewCounter(prometheus.CounterOpts{
		Name: "readback_clients_refused_total", Help: "MQTT and WebSocket clients that were not let in.",
	})
	m.clientsDenied = f.NewCounterVec(prometheus.CounterOpts{
		Name: "readback_clients_denied_total",
		Help: "Messages and subscriptions of MQTT and WebSocket clients for subjects that are not theirs.",
	}, []string{"what"})
	records := f.NewCounterVec(prometheus.CounterOpts{
		Name: "readback_ledger_records_total", Help: "Records written to the log, by kind.",
	}, []string{"kind"})
	for k := journal.KindStart; k < journal.Kinds; k++ {
		m.records[k] = records.WithLabelValues(k.String())
	}
	return m
}
