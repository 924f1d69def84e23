package access

import (
	"net/netip"
	"testing"
	"time"
)

// guess guesses as fast as it may for some time, and returns how often that is.
func (g *Guesses) guess(begin time.Time, during time.Duration, source func(n int) netip.Addr) (n int) {
	for now := begin; now.Before(begin.Add(during)); {
		if wait := g.Wait(source(n), now); wait > 0 {
			now = now.Add(max(wait, time.Millisecond))
			continue
		}
		g.Wrong(source(n), now)
		n++
	}
	return n
}

// ofNetwork returns an address for each number.
func ofNetwork(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})
}

// There are so many guesses a minute of all callers together, and a quarter of them of one source; in how
// many names they come does not matter.
func TestGuesses(t *testing.T) {
	const aMinute, minutes = 600, 10
	for _, tt := range []struct {
		name   string
		source func(n int) netip.Addr
		most   int // in all minutes
	}{
		{"one source", func(int) netip.Addr { return ofNetwork(1) }, aMinute/guessShare*minutes + 2},
		{"unknown", func(int) netip.Addr { return netip.Addr{} }, aMinute/2*minutes + guessBurst/2},
		{"a few sources", func(n int) netip.Addr { return ofNetwork(n % 8) }, aMinute*minutes + guessBurst},
		{"always another source", ofNetwork, aMinute*minutes + guessBurst},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := NewGuesses(aMinute).guess(time.Now(), minutes*time.Minute, tt.source)
			if got > tt.most || got < tt.most*9/10 {
				t.Errorf("got %d guesses in %d minutes, want %d", got, minutes, tt.most)
			}
		})
	}
}

// One who guesses leaves others their turn.
func TestGuessesOfOthers(t *testing.T) {
	g, now := NewGuesses(600), time.Now()
	g.guess(now, time.Minute, func(int) netip.Addr { return ofNetwork(1) })
	g.guess(now, time.Minute, func(int) netip.Addr { return netip.Addr{} })
	if wait := g.Wait(ofNetwork(2), now.Add(time.Minute)); wait != 0 {
		t.Errorf("another source waits for %v, want no time", wait)
	}
}

// A source has no burst at first, and gains nothing by being forgotten.
func TestForgottenSource(t *testing.T) {
	g, now := NewGuesses(1_000_000), time.Now() // so that the limit of all does not matter
	guesser := ofNetwork(1 << 20)
	g.Wrong(guesser, now)
	if g.Wait(guesser, now) == 0 {
		t.Error("want no burst of a source that is new")
	}
	for n := range guessSources { // they push it out
		g.Wrong(ofNetwork(n), now)
	}
	g.all = debt{}
	if got := g.sources.Len(); got != guessSources {
		t.Errorf("got %d sources in memory, want %d", got, guessSources)
	}
	if _, ok := g.sources.Get(guesser); ok || g.Wait(guesser, now) == 0 {
		t.Error("want the source forgotten, and that it waits as if it were not")
	}
	if wait := g.Wait(guesser, now.Add(time.Second)); wait != 0 {
		t.Errorf("a second later it waits for %v, want no time", wait)
	}
}
