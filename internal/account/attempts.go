package account

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"readback/internal/crash"
	"readback/internal/lru"
)

// Bounds of attempts to bind with a wrong password or system_id.
const (
	refusalTime    = time.Second      // from a bind to its refusal
	maxRefusal     = 30 * time.Second // for a source that is wrong again and again
	maxOfAccount   = 8 * time.Second  // for an account, from a source that was not wrong before
	forgiveAfter   = 10 * time.Minute
	suspectedAfter = 3 // wrong binds, after which the checks of a source come behind those of others

	wrongBurst  = 20              // wrong binds of a source at once that another party has to judge
	wrongEvery  = 6 * time.Second // and one more in this time
	maxAttempts = 10_000          // sources, accounts and pairs that are remembered, of each
)

// Origin is who binds, as far as it is known before the bind is granted: the source of the connection
// (admission.SourceOf), and the account that it asks for.
type Origin struct {
	Source  netip.Addr
	Account string
}

// Attempts remembers the binds that were wrong, by source and by account. A refusal takes longer the more
// of them there were; a bind that is right does not wait for them, so that nobody can lock out others.
type Attempts struct {
	most time.Duration // the longest delay of a refusal

	// Guarded by mu.
	mu       sync.Mutex
	sources  *lru.Cache[netip.Addr, *failures]
	accounts *lru.Cache[string, *failures]
	pairs    *lru.Cache[Origin, *failures]
	known    *lru.Cache[Origin, struct{}] // origins that have bound
	judged   chan struct{}                // closed when a bind was judged; nil when nobody waits
}

// failures counts wrong binds.
type failures struct {
	times int
	open  int // binds that another party was asked about, and has not judged yet
	last  time.Time
	debt  float64 // wrong binds that wrongEvery has not paid for yet
	paid  time.Time
}

// NewAttempts returns Attempts of ESMEs that must bind within sessionInit. A refusal takes no longer than
// that; zero is no limit.
func NewAttempts(sessionInit time.Duration) *Attempts {
	a := &Attempts{
		most: maxRefusal, sources: lru.New[netip.Addr, *failures](maxAttempts), accounts: lru.New[string, *failures](maxAttempts),
		pairs: lru.New[Origin, *failures](maxAttempts), known: lru.New[Origin, struct{}](maxAttempts),
	}
	if sessionInit > 0 {
		a.most = min(a.most, sessionInit*3/4)
	}
	return a
}

// Attempt is one bind.
type Attempt struct {
	all    *Attempts
	origin Origin
	until  time.Time // when a refusal is due
	asked  bool      // another party was asked about it
}

// Begin begins a bind. Right, Wrong or Unjudged is to be called once.
func (a *Attempts) Begin(o Origin) *Attempt {
	defer crash.OnPanic()
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	source, account := failuresOf(a.sources, o.Source, now), failuresOf(a.accounts, o.Account, now)
	delay := max(refusalTime<<min(source.times, 5), min(refusalTime<<min(account.times, 3), maxOfAccount))
	return &Attempt{all: a, origin: o, until: now.Add(min(delay, a.most))}
}

// MayAsk returns true when another party may be asked about the bind, and counts it until it is judged. While
// as many of its source are asked about as may be wrong at once, it waits for one of them, until ctx ends. It
// returns false if so many were wrong. An origin that has bound before may always.
func (t *Attempt) MayAsk(ctx context.Context) bool {
	defer crash.OnPanic()
	for {
		judged := t.ask()
		if judged == nil {
			return t.asked
		}
		select {
		case <-judged:
		case <-ctx.Done():
			return false
		}
	}
}

// ask returns a channel that is closed when a bind was judged, if that is to be waited for.
func (t *Attempt) ask() (judged <-chan struct{}) {
	a := t.all
	a.mu.Lock()
	defer a.mu.Unlock()
	source := failuresOf(a.sources, t.origin.Source, time.Now())
	_, known := a.known.Get(t.origin)
	switch {
	case known, source.debt+float64(source.open)+1 <= wrongBurst:
		source.open++
		t.asked = true
		return nil
	case source.debt+1 > wrongBurst:
		return nil
	}
	if a.judged == nil {
		a.judged = make(chan struct{})
	}
	return a.judged
}

// failuresOf returns the failures of a key as they are now.
func failuresOf[K comparable](of *lru.Cache[K, *failures], k K, now time.Time) *failures {
	f, ok := of.Get(k)
	if !ok {
		f = &failures{}
		of.Put(k, f)
	}
	if now.Sub(f.last) > forgiveAfter {
		f.times = 0
	}
	f.debt = max(0, f.debt-float64(now.Sub(f.paid))/float64(wrongEvery))
	f.paid = now
	return f
}

// Right says that the bind is granted. It forgives the wrong binds of its origin, and no others: a client
// that has an account of its own must not be quicker to guess the password of another one.
func (t *Attempt) Right() {
	t.judged(func(source, account, pair *failures) {
		source.times, account.times = max(0, source.times-pair.times), max(0, account.times-pair.times)
		source.debt = max(0, source.debt-pair.debt)
		*pair = failures{}
		t.all.known.Put(t.origin, struct{}{})
	})
}

// judged notes what became of the bind.
func (t *Attempt) judged(note func(source, account, pair *failures)) {
	defer crash.OnPanic()
	now, a := time.Now(), t.all
	a.mu.Lock()
	defer a.mu.Unlock()
	source := failuresOf(a.sources, t.origin.Source, now)
	if t.asked {
		source.open = max(0, source.open-1) // it may have been forgotten meanwhile
	}
	if a.judged != nil {
		close(a.judged)
		a.judged = nil
	}
	note(source, failuresOf(a.accounts, t.origin.Account, now), failuresOf(a.pairs, t.origin, now))
}

// Wrong says that the password or the system_id is wrong.
func (t *Attempt) Wrong() {
	now := time.Now()
	t.judged(func(source, account, pair *failures) {
		for _, f := range []*failures{source, account, pair} {
			f.times, f.last = f.times+1, now
			f.debt++
		}
	})
}

// isSuspected reports whether there were wrong binds of its source, some of them since this one began.
func (t *Attempt) isSuspected() bool {
	defer crash.OnPanic()
	t.all.mu.Lock()
	defer t.all.mu.Unlock()
	return failuresOf(t.all.sources, t.origin.Source, time.Now()).times >= suspectedAfter
}

// Unjudged says that it is not known whether the bind was right.
func (t *Attempt) Unjudged() { t.judged(func(_, _, _ *failures) {}) }

// Wait waits until a refusal is due, or ctx ends.
func (t *Attempt) Wait(ctx context.Context) {
	due := time.NewTimer(time.Until(t.until))
	defer due.Stop()
	select {
	case <-due.C:
	case <-ctx.Done():
	}
}
