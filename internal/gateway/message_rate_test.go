package gateway

import (
	"testing"
	"time"
)

func TestMessageRate(t *testing.T) {
	var r messageRate
	at := func(s float64) time.Time { return time.UnixMilli(1_800_000_000_000 + int64(s*1000)) }
	for _, s := range []float64{0, 0.1, 0.9, 1.5, 3.2, 3.3} {
		r.count(at(s))
		if s == 0.9 || s == 1.5 {
			if all, second := r.look(at(1.9)); second != 3 || all != map[float64]uint64{0.9: 3, 1.5: 4}[s] {
				t.Errorf("at 1.9 after %v: got %d, %d in the second before", s, all, second)
			}
		}
	}
	for now, want := range map[float64]uint64{3.9: 0, 4: 2, 4.9: 2, 5: 0, 2.9: 0} {
		if all, second := r.look(at(now)); all != 6 || second != want {
			t.Errorf("at %v: got %d, %d in the second before; want 6, %d", now, all, second, want)
		}
	}
}
