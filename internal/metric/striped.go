package metric

import (
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// stripes is a power of two.
const stripes = 16

// Striped is a counter for what happens with each PDU. Goroutines that count with different stripes do not
// wait for each other's caches.
type Striped struct {
	counted [stripes]struct {
		atomic.Uint64
		_ [56]byte // to the end of the cache line
	}
	mu     sync.Mutex
	before uint64             // guarded by mu: what was in counted
	total  prometheus.Counter // the same
}

// Inc adds one. Any stripe does; callers that count at the same time should have different ones.
func (s *Striped) Inc(stripe uint64) { s.counted[stripe%stripes].Add(1) }

// fold adds what was counted to the total.
func (s *Striped) fold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.counted {
		if n := s.counted[i].Swap(0); n > 0 {
			s.before += n
			s.total.Add(float64(n))
		}
	}
}

// Value returns how much was counted. Another counter of the same series counts for itself.
func (s *Striped) Value() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.before
	for i := range s.counted {
		n += s.counted[i].Load()
	}
	return n
}

// StripedVec is a CounterVec with counters that are Striped.
type StripedVec struct {
	*prometheus.CounterVec

	mu      sync.Mutex
	striped []*Striped // guarded by mu
}

// Striped returns a counter for the series with these labels. It is to be called once for a counter, which is
// kept.
func (v *StripedVec) Striped(labels ...string) *Striped {
	s := &Striped{total: v.WithLabelValues(labels...)}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.striped = append(v.striped, s)
	return s
}

// Collect implements prometheus.Collector.
func (v *StripedVec) Collect(to chan<- prometheus.Metric) {
	v.mu.Lock()
	for _, s := range v.striped {
		s.fold()
	}
	v.mu.Unlock()
	v.CounterVec.Collect(to)
}

// StripedVec makes counters by the labels, of which some are Striped.
func (f Factory) StripedVec(o Opts) *StripedVec {
	v := &StripedVec{CounterVec: prometheus.NewCounterVec(prometheus.CounterOpts{Name: o.Name, Help: o.Help}, o.Labels)}
	f.declare(o, v)
	for _, values := range o.Series {
		v.WithLabelValues(values...)
	}
	if f.reg != nil {
		f.reg.MustRegister(v)
	}
	return v
}
