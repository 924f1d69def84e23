package relaytest

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// Metric is what a metric says: a count of observations for a histogram. label is the value of
// its labels, one after the other; empty: any.
func Metric(t testing.TB, reg prometheus.Gatherer, name, label string) (sum float64) {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			labels := ""
			for _, l := range m.GetLabel() {
				labels += l.GetValue()
			}
			if label == "" || label == labels {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return sum
}
