package statistics

import (
	"slices"
	"time"
)

// Times are how many messages were read after about which time.
type Times struct{ counts [buckets + 1]uint64 }

// bounds are the upper bounds of the buckets.
var bounds = [...]time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 16 * time.Hour, 24 * time.Hour, 48 * time.Hour, 96 * time.Hour, 168 * time.Hour,
}

const buckets = len(bounds)

func seconds() (all []float64) {
	for _, b := range bounds {
		all = append(all, b.Seconds())
	}
	return all
}

// add counts a message that was read after d.
func (t *Times) add(d time.Duration) {
	n, _ := slices.BinarySearch(bounds[:], d)
	t.counts[n]++
}

// Quantile returns the time within which this part of the messages was read, 0.5 for the median; false if none was
// read. It is as exact as the buckets are: within one the times count as evenly spread.
func (t *Times) Quantile(q float64) (time.Duration, bool) {
	total := uint64(0)
	for _, n := range t.counts {
		total += n
	}
	if total == 0 {
		return 0, false
	}
	rank, below := q*float64(total), uint64(0)
	lower := time.Duration(0)
	for i, upper := range bounds {
		n := t.counts[i]
		if n > 0 && float64(below+n) >= rank {
			return lower + time.Duration(float64(upper-lower)*(rank-float64(below))/float64(n)), true
		}
		lower, below = upper, below+n
	}
	return lower, true // or later
}
