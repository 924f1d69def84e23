package metric

import (
	"slices"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestReference(t *testing.T) {
	reg := NewRegistry()
	f := With(reg)
	f.CounterVec(Opts{Name: "reads_total", Help: "Read responses.", Labels: []string{"way", "verdict"}, Detail: "`http` or `nats`.", Look: "403 rises"})
	f.Gauge(Opts{Name: "ledger_down", Help: "1 while it is.", Look: "1"})
	f.Histogram(Opts{Name: "append_seconds", Help: "Time of an append."})
	const want = "| metric | meaning | look when |\n|---|---|---|\n" +
		"| `append_seconds` | Time of an append. |  |\n" +
		"| `ledger_down` | 1 while it is. | 1 |\n" +
		"| `reads_total{way,verdict}` | Read responses. `http` or `nats`. | 403 rises |\n"
	if got := reg.Reference(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestFactory makes one of each kind, and looks for it where metrics are gathered.
func TestFactory(t *testing.T) {
	reg := NewRegistry()
	f := With(reg)
	opts := func(name string) Opts { return Opts{Name: name, Help: "one"} }
	by := func(name string) Opts { return Opts{Name: name, Help: "one", Labels: []string{"a"}} }
	f.Counter(opts("counter")).Inc()
	f.CounterVec(by("counters")).WithLabelValues("x").Inc()
	f.Gauge(opts("gauge")).Set(1)
	f.GaugeFunc(opts("gauge_func"), func() float64 { return 1 })
	f.GaugeVec(by("gauges")).WithLabelValues("x").Set(1)
	f.Histogram(opts("histogram")).Observe(1)
	f.HistogramVec(by("histograms")).WithLabelValues("x").Observe(1)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"counter", "counters", "gauge", "gauge_func", "gauges", "histogram", "histograms"}
	var got, declared []string
	for _, m := range families {
		got = append(got, m.GetName())
	}
	for _, o := range reg.Declared() {
		declared = append(declared, o.Name)
	}
	if !slices.Equal(got, want) || !slices.Equal(declared, want) {
		t.Errorf("gathered %q, declared %q, want %q", got, declared, want)
	}
}

// TestOtherRegisterers: metrics work where nobody asks for their declarations, or for them.
func TestOtherRegisterers(t *testing.T) {
	for _, reg := range []prometheus.Registerer{nil, prometheus.NewRegistry()} {
		With(reg).Counter(Opts{Name: "counter", Help: "one"}).Inc()
	}
}
