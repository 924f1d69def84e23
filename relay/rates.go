package relay

import (
	"math"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"readback/internal/lru"
	"readback/relay/message"
)

// maxRates is how many receivers' rates are remembered. Who is forgotten may send a burst
// again.
const maxRates = 1 << 16

// Bounds of what is taken for one receiver from who must show proofs, whatever is taken from
// others: each read response is a guess at 32 bits.
const (
	guessRate  = 600 // a minute
	guessBurst = 1000
)

// rates bounds how much comes for each receiver.
type rates struct {
	limit rate.Limit
	burst int

	// Guarded by mu.
	mu sync.Mutex
	by *lru.Cache[rateKey, *rate.Limiter]
}

// rateKey keeps strangers apart: they must not use up what is the receiver's own.
type rateKey struct {
	receiver message.Addr
	stranger bool
}

func newRates(aMinute, burst int) *rates {
	return &rates{limit: perMinute(aMinute), burst: burst, by: lru.New[rateKey, *rate.Limiter](maxRates)}
}

// newGuesses are the rates of who must show proofs: no more than others may.
func newGuesses(aMinute, burst int) *rates {
	if aMinute == 0 {
		return newRates(guessRate, guessBurst)
	}
	return newRates(min(aMinute, guessRate), min(burst, guessBurst))
}

func perMinute(n int) rate.Limit { return rate.Limit(float64(n) / 60) }

// take counts one. The verdict is 429 when there are too many, else its code
// is 0.
func (r *rates) take(key rateKey, now time.Time) Verdict {
	if r.limit == 0 {
		return Verdict{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	l, ok := r.by.Get(key)
	if !ok {
		l = rate.NewLimiter(r.limit, r.burst)
		r.by.Put(key, l)
	}
	return takeOne(l, now)
}

func (r *rates) forget(receiver message.Addr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.by.Forget(func(k rateKey) bool { return k.receiver == receiver })
}

// takeOne counts one against a limit; nil is none.
func takeOne(l *rate.Limiter, now time.Time) Verdict {
	if l == nil {
		return Verdict{}
	}
	one := l.ReserveN(now, 1)
	wait := one.DelayFrom(now)
	if wait == 0 {
		return Verdict{}
	}
	one.CancelAt(now)
	return Verdict{
		Code: http.StatusTooManyRequests, Reason: "too many of them",
		RetryAfter: int(math.Ceil(wait.Seconds())),
	}
}
