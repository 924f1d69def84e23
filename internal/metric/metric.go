// Package metric declares the metrics of the process. A metric is declared once, where its
// package creates it. The declaration serves both Prometheus and docs/watch.md.
package metric

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Opts is the declaration of a metric.
type Opts struct {
	Name   string
	Help   string   // in one sentence
	Labels []string // of a metric that has several series
	Detail string   // more for the docs, in Markdown: what the values of the labels mean
	Look   string   // when an operator should look, in Markdown; empty: never for this metric alone

	Series  [][]string // label values of the series that exist from the start, at zero; see Each
	Buckets []float64  // of a histogram
}

// Each returns the Series of a metric whose labels have these values, in the order of its Labels: all
// combinations.
func Each(values ...[]string) [][]string {
	all := [][]string{nil}
	for _, of := range values {
		var longer [][]string
		for _, series := range all {
			for _, v := range of {
				longer = append(longer, append(slices.Clone(series), v))
			}
		}
		all = longer
	}
	return all
}

// Registry is a registry that knows the declarations of its metrics.
type Registry struct {
	*prometheus.Registry

	mu         sync.Mutex
	declared   []Opts                          // guarded by mu
	collectors map[string]prometheus.Collector // guarded by mu: by the name of the metric
}

// NewRegistry returns a Registry without metrics.
func NewRegistry() *Registry {
	return &Registry{Registry: prometheus.NewRegistry(), collectors: make(map[string]prometheus.Collector)}
}

func (r *Registry) declare(o Opts, c prometheus.Collector) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.declared = append(r.declared, o)
	r.collectors[o.Name] = c
}

// Declared returns the declarations, by name.
func (r *Registry) Declared() []Opts {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.SortedFunc(slices.Values(r.declared), func(a, b Opts) int { return strings.Compare(a.Name, b.Name) })
}

// Reference returns a Markdown table of all declarations: name with labels, meaning, and
// when to look.
func (r *Registry) Reference() string {
	var b strings.Builder
	b.WriteString("| metric | meaning | look when |\n|---|---|---|\n")
	for _, o := range r.Declared() {
		name, meaning := o.Name, o.Help
		if len(o.Labels) > 0 {
			name += "{" + strings.Join(o.Labels, ",") + "}"
		}
		if o.Detail != "" {
			meaning += " " + o.Detail
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, meaning, o.Look)
	}
	return b.String()
}

// Factory makes metrics and registers them.
type Factory struct {
	reg     prometheus.Registerer // nil: the metrics are not exported
	make    promauto.Factory
	declare func(Opts, prometheus.Collector)
}

// With returns a Factory for reg. If reg is a Registry, the Factory declares the metrics
// there. If reg is nil, the metrics are not exported.
func With(reg prometheus.Registerer) Factory {
	f := Factory{reg, promauto.With(reg), func(Opts, prometheus.Collector) {}}
	if r, ok := reg.(*Registry); ok {
		f.declare = r.declare
	}
	return f
}

// Counter makes a counter without labels.
func (f Factory) Counter(o Opts) prometheus.Counter {
	c := f.make.NewCounter(prometheus.CounterOpts{Name: o.Name, Help: o.Help})
	f.declare(o, c)
	return c
}

// CounterVec makes counters by the labels.
func (f Factory) CounterVec(o Opts) *prometheus.CounterVec {
	v := f.make.NewCounterVec(prometheus.CounterOpts{Name: o.Name, Help: o.Help}, o.Labels)
	f.declare(o, v)
	for _, values := range o.Series {
		v.WithLabelValues(values...)
	}
	return v
}

// Gauge makes a gauge without labels.
func (f Factory) Gauge(o Opts) prometheus.Gauge {
	c := f.make.NewGauge(prometheus.GaugeOpts{Name: o.Name, Help: o.Help})
	f.declare(o, c)
	return c
}

// GaugeFunc makes a gauge whose value the function returns each time that it is asked for.
func (f Factory) GaugeFunc(o Opts, value func() float64) {
	f.declare(o, f.make.NewGaugeFunc(prometheus.GaugeOpts{Name: o.Name, Help: o.Help}, value))
}

// GaugeVec makes gauges by the labels.
func (f Factory) GaugeVec(o Opts) *prometheus.GaugeVec {
	v := f.make.NewGaugeVec(prometheus.GaugeOpts{Name: o.Name, Help: o.Help}, o.Labels)
	f.declare(o, v)
	for _, values := range o.Series {
		v.WithLabelValues(values...)
	}
	return v
}

// Histogram makes a histogram without labels.
func (f Factory) Histogram(o Opts) prometheus.Histogram {
	c := f.make.NewHistogram(prometheus.HistogramOpts{Name: o.Name, Help: o.Help, Buckets: o.Buckets})
	f.declare(o, c)
	return c
}

// HistogramVec makes histograms by the labels.
func (f Factory) HistogramVec(o Opts) *prometheus.HistogramVec {
	v := f.make.NewHistogramVec(prometheus.HistogramOpts{Name: o.Name, Help: o.Help, Buckets: o.Buckets}, o.Labels)
	f.declare(o, v)
	for _, values := range o.Series {
		v.WithLabelValues(values...)
	}
	return v
}
