package pool

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/metric"
)

// Metrics are what a pool measures.
type Metrics struct{ up *prometheus.GaugeVec }

// NewMetrics registers the metrics. If reg is nil, they are not exported.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	return &Metrics{up: metric.With(reg).GaugeVec(metric.Opts{
		Name: "readback_smsc_bind_up", Help: "1 while this bind of the gateway's own is bound to the SMSC (shared mode).",
		Labels: []string{"bind"}, Look: "0",
	})}
}

// set notes whether a bind is up.
func (m *Metrics) set(bind int, isUp bool) {
	up := 0.0
	if isUp {
		up = 1
	}
	m.up.WithLabelValues(strconv.Itoa(bind)).Set(up)
}
