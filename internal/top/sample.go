// Package top says what a running gateway does now, from two answers of its operator's interface: rates, latencies
// and queues.
package top

import (
	"bytes"
	"fmt"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"readback/internal/operator"
	"readback/relay/feedback"
)

// Sample is what the gateway answered at a time.
type Sample struct {
	At         time.Time
	Status     operator.Status
	Accounts   []operator.Account
	Statistics []operator.AccountStatistics
	Queues     []feedback.Queue
	Metrics    Metrics
}

// Metrics are those of a gateway, by name.
type Metrics map[string]*dto.MetricFamily

// ParseMetrics parses the page /metrics.
func ParseMetrics(text []byte) (Metrics, error) {
	p := expfmt.NewTextParser(model.UTF8Validation)
	all, err := p.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("metrics of the gateway: %w", err)
	}
	return all, nil
}

// gauge returns the value of a metric without labels, 0 if there is none.
func (m Metrics) gauge(name string) float64 {
	for _, s := range m[name].GetMetric() {
		return s.GetGauge().GetValue()
	}
	return 0
}

// histogram returns the upper bounds of a histogram, and how much is below each; the labels must have this value,
// if it is not empty.
func (m Metrics) histogram(name, value string) (h histogram) {
	for _, s := range m[name].GetMetric() {
		if value != "" && (len(s.GetLabel()) != 1 || s.GetLabel()[0].GetValue() != value) {
			continue
		}
		for _, b := range s.GetHistogram().GetBucket() {
			h = append(h, bucket{b.GetUpperBound(), float64(b.GetCumulativeCount())})
		}
	}
	return h
}
