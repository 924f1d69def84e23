package intake

import (
	"testing"
	"time"
)

// At most maxDelayed messages are delayed at a time. One that comes again makes room for another.
func TestDelays(t *testing.T) {
	var p delays
	now := time.Unix(1795000000, 0)
	for i := range maxDelayed {
		if !p.add(now, now.Add(time.Duration(i+1)*time.Second)) {
			t.Fatalf("after %d: got no room, want room for %d", i, maxDelayed)
		}
	}
	for _, tt := range []struct {
		name string
		at   time.Duration
		want bool
	}{
		{"when as many are delayed as may be", 0, false},
		{"just before the first one comes again", time.Second - 1, false},
		{"when it comes again", time.Second, true},
		{"after another one took its room", time.Second, false},
		{"when two more have come again", 3 * time.Second, true},
		{"the second of them", 3 * time.Second, true},
		{"a third", 3 * time.Second, false},
	} {
		if got := p.add(now.Add(tt.at), now.Add(time.Hour)); got != tt.want {
			t.Errorf("%s: got room %v, want %v", tt.name, got, tt.want)
		}
	}
}
