package access

import (
	"net/netip"
	"sync"
	"time"

	"readback/internal/lru"
	"readback/relay/message"
)

const (
	// guessSources is the number of sources whose wrong proofs are remembered.
	guessSources = 1 << 16
	// guessBurst is how many wrong proofs there may be at once, of all sources together.
	guessBurst = 100
	// guessShare is the part of all wrong proofs that one source may have. Twice as much is for all phone
	// numbers together, and for all callers whose source is not known.
	guessShare = 4
)

// Source is where a caller that needs proofs comes from: one of the two. The zero Source is not known.
type Source struct {
	IP     netip.Addr   // of a connection: admission.SourceOf
	Number message.Addr // of a subscriber's SMS, in its normal form
}

// Guesses limits wrong proofs, each of which is a guess at 32 bits: all of them together, and those of
// each source. Right proofs do not count, so that only those who guess have to wait. A guesser may have many
// phone numbers, so those together have a limit, too, which leaves other ways in their part.
type Guesses struct {
	perSecond float64

	// Guarded by mu.
	mu      sync.Mutex
	all     debt
	unknown debt // of callers whose source is not known
	numbers debt // of all phone numbers
	sources *lru.Cache[Source, *debt]
	evicted time.Time // the latest guess of a source that is forgotten
}

// debt is how many wrong proofs are not made up for yet by the time that has passed.
type debt struct {
	n  float64
	at time.Time
}

// after returns the debt at a time.
func (d *debt) after(now time.Time, perSecond float64) float64 {
	return max(0, d.n-now.Sub(d.at).Seconds()*perSecond)
}

// wait returns how long it takes until there may be another one, up to most at once.
func (d *debt) wait(now time.Time, perSecond, most float64) time.Duration {
	over := d.after(now, perSecond) - (most - 1)
	if over <= 0 {
		return 0
	}
	return time.Duration(over / perSecond * float64(time.Second))
}

func (d *debt) add(now time.Time, perSecond float64) { d.n, d.at = d.after(now, perSecond)+1, now }

// NewGuesses returns Guesses that allow so many wrong proofs a minute.
func NewGuesses(aMinute int) *Guesses {
	return &Guesses{perSecond: float64(max(1, aMinute)) / 60, sources: lru.New[Source, *debt](guessSources)}
}

// Wait returns how long a caller of a source has to wait before its next proof is looked at; 0 if it need
// not.
func (g *Guesses) Wait(source Source, now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	wait := max(g.all.wait(now, g.perSecond, guessBurst), g.waitOf(source, now))
	if d := g.together(source); d != nil {
		wait = max(wait, d.wait(now, g.perSecond*2/guessShare, guessBurst*2/guessShare))
	}
	return wait
}

// together returns the debt that a source has in common with others of its kind; nil: none.
func (g *Guesses) together(source Source) *debt {
	switch {
	case !source.Number.IsZero():
		return &g.numbers
	case !source.IP.IsValid():
		return &g.unknown
	}
	return nil
}

func (g *Guesses) waitOf(source Source, now time.Time) time.Duration {
	if source == (Source{}) {
		return 0
	}
	perSecond := g.perSecond / guessShare
	if d, ok := g.sources.Get(source); ok {
		return d.wait(now, perSecond, guessBurst/guessShare)
	}
	forgotten := debt{n: 1, at: g.evicted} // it may be the one that was evicted
	return forgotten.wait(now, perSecond, 1)
}

// Wrong counts a wrong proof of a source.
func (g *Guesses) Wrong(source Source, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all.add(now, g.perSecond)
	if d := g.together(source); d != nil {
		d.add(now, g.perSecond*2/guessShare)
	}
	if source == (Source{}) {
		return
	}
	d, ok := g.sources.Get(source)
	if !ok {
		d = g.addSource(source, now)
	}
	d.add(now, g.perSecond/guessShare)
}

// addSource remembers another source. It has no burst, so that to be forgotten is no gain.
func (g *Guesses) addSource(source Source, now time.Time) *debt {
	if _, oldest, ok := g.sources.Oldest(); ok && g.sources.Len() >= guessSources {
		g.noteForgotten(oldest)
	}
	d := &debt{n: guessBurst/guessShare - 1, at: now}
	g.sources.Put(source, d)
	return d
}

// Forget removes a phone number from memory.
func (g *Guesses) Forget(number *message.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	source := Source{Number: *number}
	if d, ok := g.sources.Get(source); ok {
		g.noteForgotten(d)
		g.sources.Forget(func(s Source) bool { return s == source })
	}
}

// noteForgotten makes all sources that are not in memory wait as one whose debt is removed would have to.
func (g *Guesses) noteForgotten(d *debt) {
	if d.at.After(g.evicted) {
		g.evicted = d.at
	}
}
