package access

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"readback/internal/lru"
	"readback/relay/message"
)

// maxRates is the number of receivers whose rates are held. A receiver that is evicted may have
// a burst again.
const maxRates = 1 << 16

// Bounds of the read responses for one receiver with a right proof, whatever the limit for others is.
const (
	proofRate  = 600 // a minute
	proofBurst = 1000
)

// Rates limits the read responses for each receiver.
type Rates struct {
	limit rate.Limit
	burst int

	// Guarded by mu.
	mu sync.Mutex
	by *lru.Cache[rateKey, *rate.Limiter]
}

// rateKey has a limit of its own for anonymous callers: they must not use up the receiver's.
type rateKey struct {
	receiver  message.Addr
	anonymous bool
}

// NewRates returns Rates that take so many a minute for each receiver, and so many of them at
// once. Without a rate there is no limit.
func NewRates(aMinute, burst int) *Rates {
	return &Rates{limit: perMinute(aMinute), burst: burst, by: lru.New[rateKey, *rate.Limiter](maxRates)}
}

// NewProofRates returns the Rates of callers that must show proofs. They are at most those of
// other callers.
func NewProofRates(aMinute, burst int) *Rates {
	if aMinute == 0 {
		return NewRates(proofRate, proofBurst)
	}
	return NewRates(min(aMinute, proofRate), min(burst, proofBurst))
}

func perMinute(n int) rate.Limit { return rate.Limit(float64(n) / 60) }

// Take counts a read response for a receiver, and returns 0. If there are too many, it counts
// nothing and returns how long the caller has to wait.
func (r *Rates) Take(receiver *message.Addr, anonymous bool, now time.Time) time.Duration {
	if r.limit == 0 {
		return 0
	}
	key := rateKey{*receiver, anonymous}
	r.mu.Lock()
	defer r.mu.Unlock()
	l, ok := r.by.Get(key)
	if !ok {
		l = rate.NewLimiter(r.limit, r.burst)
		r.by.Put(key, l)
	}
	return takeOne(l, now)
}

// Forget removes a receiver from memory.
func (r *Rates) Forget(receiver *message.Addr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.by.Forget(func(k rateKey) bool { return k.receiver == *receiver })
}

// takeOne is Take of one limiter.
func takeOne(l *rate.Limiter, now time.Time) time.Duration {
	one := l.ReserveN(now, 1)
	wait := one.DelayFrom(now)
	if wait > 0 {
		one.CancelAt(now)
	}
	return wait
}
