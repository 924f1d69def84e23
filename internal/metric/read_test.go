package metric

import (
	"reflect"
	"testing"
)

func TestRead(t *testing.T) {
	reg := NewRegistry()
	f := With(reg)
	f.Counter(Opts{Name: "counter", Help: "one"}).Add(3)
	f.GaugeFunc(Opts{Name: "gauge", Help: "one"}, func() float64 { return 4 })
	f.StripedVec(Opts{Name: "striped", Help: "one", Labels: []string{"l"}}).Striped("x").Inc(1)
	f.HistogramVec(Opts{Name: "histogram", Help: "one", Labels: []string{"l"}, Buckets: []float64{1, 2}}).WithLabelValues("x").Observe(1.5)
	x := map[string]string{"l": "x"}
	for name, want := range map[string][]Series{
		"counter":   {{Value: 3}},
		"gauge":     {{Value: 4}},
		"striped":   {{Labels: x, Value: 1}},
		"histogram": {{Labels: x, Hist: &Hist{Count: 1, Bounds: []float64{1, 2}, Counts: []uint64{0, 1}}}},
		"unknown":   nil,
	} {
		if got := reg.Read(name); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}
