package readresponse

import (
	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/metric"
)

// newScreened makes the counter of the read responses in what ESMEs send.
func newScreened(reg prometheus.Registerer) *prometheus.CounterVec {
	return metric.With(reg).CounterVec(metric.Opts{
		Name: "readback_esme_read_elements_total", Help: "Messages of ESMEs that are read responses of subscribers, by what became of them: refused, stripped.",
		Labels: []string{"outcome"}, Series: metric.Each([]string{"refused", "stripped"}), Detail: "The log has the account.", Look: "it rises: an ESME forges reads, or uses element `81` for something of its own",
	})
}
