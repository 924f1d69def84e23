package broker

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/metric"
)

// Metrics count what clients of the embedded server are refused, and how long its disk takes.
type Metrics struct {
	syncs   prometheus.Histogram
	refused prometheus.Counter
	denied  *prometheus.CounterVec
}

// NewMetrics declares the metrics.
func NewMetrics(f metric.Factory) *Metrics {
	return &Metrics{
		syncs: f.Histogram(metric.Opts{
			Name: "readback_store_sync_seconds", Help: "Time that the disk takes to sync a file of the embedded server.",
			Look: "it is over 100 ms", Buckets: prometheus.ExponentialBuckets(100e-6, 2, 16),
		}),
		refused: f.Counter(metric.Opts{
			Name: "readback_clients_refused_total", Help: "NATS, MQTT and WebSocket clients that were not let in.",
			Detail: "The log says why.", Look: "it rises",
		}),
		denied: f.CounterVec(metric.Opts{
			Name: "readback_clients_denied_total", Help: "Messages and subscriptions of NATS, MQTT and WebSocket clients for subjects that are not theirs.",
			Labels: []string{"what"}, Series: metric.Each([]string{"publish", "subscription", "topic"}), Detail: "`publish`, `subscription`; `topic`: the topic has a character that none may have, and the client is disconnected.", Look: "it rises",
		}),
	}
}

// synced counts a file that was synced.
func (m *Metrics) synced(took time.Duration) {
	if m != nil {
		m.syncs.Observe(took.Seconds())
	}
}
