package metric

import (
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// Series is one series of a metric as it is now.
type Series struct {
	Labels map[string]string // nil: the metric has none
	Value  float64           // of a counter or gauge
	Hist   *Hist             // of a histogram; else nil
}

// Hist is what a histogram has observed.
type Hist struct {
	Count  uint64
	Bounds []float64 // upper bounds of the buckets
	Counts []uint64  // cumulative
}

// Read returns the series of one metric, without collecting any other; none if there is no such metric.
func (r *Registry) Read(name string) []Series {
	r.mu.Lock()
	c := r.collectors[name]
	r.mu.Unlock()
	if c == nil {
		return nil
	}
	metrics := make(chan prometheus.Metric, 16)
	go func() {
		defer close(metrics)
		c.Collect(metrics)
	}()
	var all []Series
	for m := range metrics {
		var d dto.Metric
		if m.Write(&d) == nil {
			all = append(all, seriesOf(&d))
		}
	}
	return all
}

func seriesOf(d *dto.Metric) (s Series) {
	for _, pair := range d.GetLabel() {
		if s.Labels == nil {
			s.Labels = make(map[string]string, len(d.GetLabel()))
		}
		s.Labels[pair.GetName()] = pair.GetValue()
	}
	switch {
	case d.Counter != nil:
		s.Value = d.Counter.GetValue()
	case d.Gauge != nil:
		s.Value = d.Gauge.GetValue()
	case d.Histogram != nil:
		h := &Hist{Count: d.Histogram.GetSampleCount()}
		for _, b := range d.Histogram.GetBucket() {
			h.Bounds, h.Counts = append(h.Bounds, b.GetUpperBound()), append(h.Counts, b.GetCumulativeCount())
		}
		s.Hist = h
	}
	return s
}
