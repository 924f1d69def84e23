package access

import (
	"fmt"
	"math"
	"testing"
	"time"

	"readback/relay/relaytest"
)

func TestRates(t *testing.T) {
	now := time.Now()
	r := NewRates(6, 2)
	a, b := rateKey{receiver: relaytest.Addr(t, "447700900123")}, rateKey{receiver: relaytest.Addr(t, "447700900124")}
	anonymous := rateKey{a.receiver, true}
	steps := []struct {
		name  string
		key   rateKey
		after time.Duration
		want  int // seconds to wait
	}{
		{"first", a, 0, 0},
		{"second", a, 0, 0},
		{"third", a, 0, 10},
		{"a refused one counts not", a, 0, 10},
		{"half way", a, 5 * time.Second, 5},
		{"later", a, 10 * time.Second, 0},
		{"another receiver", b, 0, 0},
		{"anonymous callers have their own", anonymous, 0, 0},
	}
	for _, s := range steps {
		wait := r.Take(&s.key.receiver, s.key.anonymous, now.Add(s.after))
		if got := int(math.Ceil(wait.Seconds())); got != s.want {
			t.Errorf("%s: got %s, want %d s", s.name, wait, s.want)
		}
	}
	r.Forget(&a.receiver)
	if _, ok := r.by.Get(anonymous); ok || r.by.Len() != 1 {
		t.Errorf("after forget: got %d receivers, want the other one", r.by.Len())
	}
	for i := range maxRates + 10 {
		receiver := relaytest.Addr(t, fmt.Sprint(447700900000+i))
		r.Take(&receiver, false, now)
	}
	if got := r.by.Len(); got != maxRates {
		t.Errorf("got %d receivers in memory, want %d", got, maxRates)
	}
	off := NewRates(0, 0)
	for range 100 {
		if wait := off.Take(&a.receiver, false, now); wait != 0 {
			t.Fatalf("no limit: got %s", wait)
		}
	}
}

// Anonymous callers have a limit even where others have none.
func TestProofRates(t *testing.T) {
	now, receiver := time.Now(), relaytest.Addr(t, "447700900123")
	for _, tt := range []struct{ rate, burst, want int }{{0, 0, proofBurst}, {1 << 20, 1 << 20, proofBurst}, {1, 2, 2}} {
		r, taken := NewProofRates(tt.rate, tt.burst), 0
		for taken <= proofBurst && r.Take(&receiver, true, now) == 0 {
			taken++
		}
		if taken != tt.want {
			t.Errorf("rate %d, burst %d: got %d at once, want %d", tt.rate, tt.burst, taken, tt.want)
		}
	}
}
