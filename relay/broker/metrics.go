package broker

import (
	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/metric"
)

// Metrics count what clients of the embedded server are refused.
type Metrics struct {
	refused prometheus.Counter
	denied  *prometheus.CounterVec
}

// NewMetrics declares the metrics.
func NewMetrics(f metric.Factory) *Metrics {
	return &Metrics{
		refused: f.Counter(metric.Opts{
			Name: "readback_clients_refused_total", Help: "NATS, MQTT and WebSocket clients that were not let in.",
			Detail: "The log says why.", Look: "it rises",
		}),
		denied: f.CounterVec(metric.Opts{
			Name: "readback_clients_denied_total", Help: "Messages and subscriptions of NATS, MQTT and WebSocket clients for subjects that are not theirs.",
			Labels: []string{"what"}, Detail: "`publish`, `subscription`; `topic`: the topic has a character that none may have, and the client is disconnected.", Look: "it rises",
		}),
	}
}
