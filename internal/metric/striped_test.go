package metric

import (
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// Whoever reads the metric sees all that was counted before, with each stripe, and nothing twice.
func TestStripedIsExact(t *testing.T) {
	reg := NewRegistry()
	vec := With(reg).StripedVec(Opts{Name: "things_total", Help: "Things.", Labels: []string{"kind"}})
	counter := vec.Striped("small")
	const each = 1000
	var counting sync.WaitGroup
	for stripe := range uint64(2*stripes + 1) {
		counting.Go(func() {
			for range each {
				counter.Inc(stripe)
			}
		})
	}
	for range 10 { // while they count
		if _, err := reg.Gather(); err != nil {
			t.Fatal(err)
		}
	}
	counting.Wait()
	for range 2 {
		if got := counter.Value(); got != (2*stripes+1)*each {
			t.Errorf("the value: got %d, want %d", got, (2*stripes+1)*each)
		}
		if _, err := reg.Gather(); err != nil {
			t.Fatal(err)
		}
	}
	vec.WithLabelValues("large").Inc()
	for range 2 {
		got, err := reg.Gather()
		if err != nil || len(got) != 1 || len(got[0].Metric) != 2 {
			t.Fatalf("got %v, %v; want one metric with two series", got, err)
		}
		if n := got[0].Metric[1].GetCounter().GetValue(); n != (2*stripes+1)*each {
			t.Errorf("got %v, want %d", n, (2*stripes+1)*each)
		}
	}
	if got := testutil.ToFloat64(vec.WithLabelValues("large")); got != 1 {
		t.Errorf("the counter that is not striped: got %v, want 1", got)
	}
}

// Without a registry it counts all the same.
func TestStripedWithoutRegistry(*testing.T) {
	With(nil).StripedVec(Opts{Name: "things_total", Labels: []string{"kind"}}).Striped("small").Inc(1)
}
