package top

import (
	"math"
	"time"
)

// histogram has cumulative buckets in the order of their bounds.
type histogram []bucket

type bucket struct {
	upper float64 // in seconds
	count float64 // of all that are at most that
}

// since returns what came after before. If the gateway began again meanwhile, that is all.
func (h histogram) since(before histogram) histogram {
	if len(before) != len(h) || len(h) == 0 || before[len(h)-1].count > h[len(h)-1].count {
		return h
	}
	d := make(histogram, len(h))
	for i := range h {
		d[i] = bucket{h[i].upper, h[i].count - before[i].count}
	}
	return d
}

// Latency is how long something takes. Both are 0 if it did not happen.
type Latency struct {
	P50 Seconds `json:"p50"`
	P99 Seconds `json:"p99"`
}

// Seconds is a time in seconds.
type Seconds float64

// String shows the time with two digits.
func (s Seconds) String() string {
	if s <= 0 {
		return "-"
	}
	d := time.Duration(float64(s) * float64(time.Second))
	unit := time.Duration(1)
	for d/unit >= 100 {
		unit *= 10
	}
	return d.Round(unit).String()
}

func (h histogram) latency() Latency { return Latency{h.quantile(0.5), h.quantile(0.99)} }

// quantile returns the time within which this part was done. Within a bucket it counts as evenly spread, as in
// Prometheus.
func (h histogram) quantile(q float64) Seconds {
	if len(h) == 0 || h[len(h)-1].count == 0 {
		return 0
	}
	rank, lower, below := q*h[len(h)-1].count, 0.0, 0.0
	for _, b := range h {
		if b.count >= rank && b.count > below {
			if math.IsInf(b.upper, 1) {
				return Seconds(lower)
			}
			return Seconds(lower + (b.upper-lower)*(rank-below)/(b.count-below))
		}
		lower, below = b.upper, b.count
	}
	return Seconds(lower)
}
