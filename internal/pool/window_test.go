package pool

import (
	"testing"
	"time"
)

// The window halves when the SMSC has too much, once a burst, and comes back by
// one request a round trip.
func TestWindowMoves(t *testing.T) {
	type step struct {
		at        time.Duration
		answers   int
		throttled bool
		want      int
	}
	tests := []struct {
		name  string
		most  int
		steps []step
	}{
		{"nothing wrong", 10, []step{{0, 1000, false, 10}}},
		{"halved", 10, []step{{0, 1, true, 5}}},
		{"a burst halves it once", 16, []step{{0, 5, true, 8}, {99 * time.Millisecond, 5, true, 8}, {100 * time.Millisecond, 1, true, 4}}},
		{"never below one", 4, []step{{0, 1, true, 2}, {time.Second, 1, true, 1}, {2 * time.Second, 1, true, 1}}},
		{"back by one a round trip", 16, []step{{0, 1, true, 8}, {1, 7, false, 8}, {2, 2, false, 9}, {3, 1000, false, 16}}},
		{"back from one", 8, []step{{0, 1, true, 4}, {time.Second, 1, true, 2}, {2 * time.Second, 1, true, 1}, {3 * time.Second, 100, false, 8}}},
		{"one is one", 1, []step{{0, 3, true, 1}, {0, 3, false, 1}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			begin := time.Now()
			w := newWindow(tt.most)
			for i, s := range tt.steps {
				got := 0
				for range s.answers {
					got = w.answered(s.throttled, begin.Add(s.at))
				}
				if got != s.want {
					t.Errorf("step %d: got %d, want %d", i, got, s.want)
				}
			}
		})
	}
}
