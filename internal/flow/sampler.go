// Package flow keeps the last hour of what the gateway does: messages a second, latencies and queues, as samples in
// a bounded memory.
package flow

import (
	"context"
	"sync"
	"time"

	"readback/internal/metric"
)

// Bounds of what is kept: an hour.
const (
	Every = 5 * time.Second // the time between two samples
	kept  = 720             // samples
)

// Source has the metrics of the process.
type Source interface {
	Read(name string) []metric.Series
}

// Sampler takes samples of the metrics and keeps the last hour of them.
type Sampler struct {
	source Source
	last   totals // owned by the goroutine that takes samples

	mu   sync.Mutex
	ring []Sample // guarded by mu
	next int      // guarded by mu: the place of the oldest when the ring is full
}

// NewSampler returns a Sampler without samples.
func NewSampler(s Source) *Sampler { return &Sampler{source: s} }

// Run takes samples until ctx ends.
func (s *Sampler) Run(ctx context.Context) error {
	s.last = s.read(time.Now())
	tick := time.NewTicker(Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			s.take(now)
		}
	}
}

// take takes one sample.
func (s *Sampler) take(now time.Time) {
	t := s.read(now)
	sample := t.since(&s.last)
	s.last = t
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.ring) < kept {
		s.ring = append(s.ring, sample)
		return
	}
	s.ring[s.next] = sample
	s.next = (s.next + 1) % kept
}

// Since returns the samples that were taken after a time, the oldest first.
func (s *Sampler) Since(at time.Time) []Sample {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Sample, 0, len(s.ring))
	for i := range s.ring {
		if one := s.ring[(s.next+i)%len(s.ring)]; one.Time.After(at) {
			all = append(all, one)
		}
	}
	return all
}
