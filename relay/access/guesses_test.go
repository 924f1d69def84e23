package access

import (
	"net/netip"
	"strconv"
	"testing"
	"time"

	"readback/relay/message"
)

// guess guesses as fast as it may for some time, and returns how often that is.
func (g *Guesses) guess(begin time.Time, during time.Duration, source func(n int) Source) (n int) {
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
func ofNetwork(n int) Source {
	return Source{IP: netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})}
}

// ofPhone returns a phone number for each number.
func ofPhone(n int) Source {
	number, _ := message.NewAddr("447700" + strconv.Itoa(900_000+n)) // is short enough
	return Source{Number: number}
}

// There are so many guesses a minute of all callers together, half of them of all phone numbers, and a
// quarter of them of one source; in how many names they come does not matter.
func TestGuesses(t *testing.T) {
	const aMinute, minutes = 600, 10
	for _, tt := range []struct {
		name   string
		source func(n int) Source
		most   int // in all minutes
	}{
		{"one source", func(int) Source { return ofNetwork(1) }, aMinute/guessShare*minutes + 2},
		{"one phone", func(int) Source { return ofPhone(1) }, aMinute/guessShare*minutes + 2},
		{"unknown", func(int) Source { return Source{} }, aMinute/2*minutes + guessBurst/2},
		{"always another phone", ofPhone, aMinute/2*minutes + guessBurst/2},
		{"a few sources", func(n int) Source { return ofNetwork(n % 8) }, aMinute*minutes + guessBurst},
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

// One who guesses leaves others their turn: of the same way in, and, with however many phone numbers, of
// others.
func TestGuessesOfOthers(t *testing.T) {
	for _, tt := range []struct {
		name     string
		guessers []func(int) Source
		other    Source
	}{
		{"address", []func(int) Source{func(int) Source { return ofNetwork(1) }, func(int) Source { return Source{} }}, ofNetwork(2)},
		{"phone", []func(int) Source{func(int) Source { return ofPhone(1) }, func(int) Source { return Source{} }}, ofPhone(2)},
		{"many phones", []func(int) Source{ofPhone}, ofNetwork(2)},
		{"many phones, not known", []func(int) Source{ofPhone}, Source{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g, now := NewGuesses(600), time.Now()
			for _, source := range tt.guessers {
				g.guess(now, time.Minute, source)
			}
			if wait := g.Wait(tt.other, now.Add(time.Minute-50*time.Millisecond)); wait != 0 { // none of the guessers may guess then
				t.Errorf("another source waits for %v, want no time", wait)
			}
		})
	}
}

// A phone number that is erased is in memory no more, and gains nothing by it.
func TestForgetGuesser(t *testing.T) {
	g, now := NewGuesses(600), time.Now()
	g.Wrong(ofPhone(1), now)
	g.Wrong(ofPhone(2), now)
	number := ofPhone(1).Number
	g.Forget(&number)
	if _, ok := g.sources.Get(ofPhone(1)); ok || g.sources.Len() != 1 {
		t.Errorf("got %d sources in memory, the erased one among them: %v; want the other one", g.sources.Len(), ok)
	}
	if g.Wait(ofPhone(1), now) == 0 {
		t.Error("want that it waits as before")
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
