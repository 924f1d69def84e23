package flow

import (
	"slices"

	"readback/internal/metric"
)

// latency returns what was observed between two readings of a histogram; nil: nothing.
func latency(now, before *metric.Hist) *Latency {
	counts := slices.Clone(now.Counts)
	if len(before.Counts) == len(counts) {
		for i := range counts {
			counts[i] -= min(before.Counts[i], counts[i])
		}
	}
	n := now.Count - min(before.Count, now.Count)
	if n == 0 || len(counts) == 0 {
		return nil
	}
	return &Latency{P50: quantile(0.5, n, now.Bounds, counts), P99: quantile(0.99, n, now.Bounds, counts)}
}

// quantile returns where a share of n observations lies, within its bucket in proportion. What is beyond the last
// bucket counts as its bound.
func quantile(share float64, n uint64, bounds []float64, counts []uint64) float64 {
	rank := share * float64(n)
	i := slices.IndexFunc(counts, func(c uint64) bool { return float64(c) >= rank })
	if i < 0 {
		return bounds[len(bounds)-1]
	}
	low, below := 0.0, 0.0
	if i > 0 {
		low, below = bounds[i-1], float64(counts[i-1])
	}
	return low + (bounds[i]-low)*(rank-below)/max(float64(counts[i])-below, 1)
}
