package gateway

import (
	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/metric"
)

// poolMetrics are what a pool measures.
type poolMetrics struct{ up *prometheus.GaugeVec }

// newPoolMetrics registers the metrics. If reg is nil, they are not exported.
func newPoolMetrics(reg prometheus.Registerer) *poolMetrics {
	return &poolMetrics{up: metric.With(reg).GaugeVec(metric.Opts{
		Name: "readback_smsc_bind_up", Help: "1 while this bind of the gateway's own is bound to the SMSC (shared mode).",
		Labels: []string{"bind"}, Look: "0",
	})}
}
