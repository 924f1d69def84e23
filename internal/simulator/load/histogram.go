package load

import (
	"math/bits"
	"time"
)

// histogram counts durations in buckets that are a 64th of their power of two
// wide, so that a percentile is off by 1.6 % at most. It never allocates.
type histogram struct {
	counts [64 * subBuckets]uint64
	total  uint64
	max    time.Duration
}

const (
	subBits    = 6
	subBuckets = 1 << subBits
)

func (h *histogram) add(d time.Duration) {
	h.counts[bucket(d)]++
	h.total++
	h.max = max(h.max, d)
}

// bucket is where d is counted.
func bucket(d time.Duration) int {
	v := uint64(max(d, 0))
	if v < subBuckets {
		return int(v)
	}
	exp := bits.Len64(v) - subBits - 1
	return (exp+1)*subBuckets + int(v>>exp)&(subBuckets-1)
}

// upper is the longest duration that is counted in bucket i.
func upper(i int) time.Duration {
	if i < subBuckets {
		return time.Duration(i)
	}
	exp := i/subBuckets - 1
	return time.Duration(uint64(subBuckets+i%subBuckets+1)<<exp - 1)
}

func (h *histogram) merge(o *histogram) {
	for i, n := range o.counts {
		h.counts[i] += n
	}
	h.total += o.total
	h.max = max(h.max, o.max)
}

// quantile is the duration that q of all do not exceed.
func (h *histogram) quantile(q float64) time.Duration {
	rank := uint64(q * float64(h.total))
	var seen uint64
	for i, n := range h.counts {
		if seen += n; n > 0 && seen >= rank {
			return min(upper(i), h.max)
		}
	}
	return h.max
}
