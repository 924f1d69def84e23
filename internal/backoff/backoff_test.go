package backoff

import (
	"testing"
	"time"
)

func TestJitter(t *testing.T) {
	for range 100 {
		if got := Jitter(time.Second); got < 750*time.Millisecond || got > 1250*time.Millisecond {
			t.Fatalf("got %s, want up to a quarter more or less than a second", got)
		}
	}
	defer SetRandom(nil)
	for _, tt := range []struct{ drawn, want time.Duration }{{0, 750 * time.Millisecond}, {500 * time.Millisecond, 1250 * time.Millisecond}} {
		SetRandom(func(most time.Duration) time.Duration { return min(tt.drawn, most) })
		if got := Jitter(time.Second); got != tt.want {
			t.Errorf("%s drawn: got %s, want %s", tt.drawn, got, tt.want)
		}
	}
}
