package gateway

import (
	"net"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"readback/internal/crash"
)

// Account is what the operator set for one system_id.
type Account struct {
	Policy
	Limits
	PasswordHash []byte              // bcrypt, shared mode only
	Allow        func(net.Addr) bool // who may bind as this account; nil: everybody
	Addresses    []AddressRange      // whose messages from subscribers go to it, shared mode only
	MayRead      []AddressRange      // receivers whose read responses it may send; empty: nobody's
}

// Limits of an account; zero is no limit.
type Limits struct {
	Rate        float64 // messages a second, over all sessions; each part counts
	Burst       int     // messages at once beyond that; 0: a second's worth
	Reject      bool    // over the rate: ESME_RTHROTTLED, in place of not reading
	Window      int     // unanswered requests of a session, beyond which it is not read
	MaxSessions int     // bound at once
}

// usage is what the sessions of one account share.
type usage struct {
	account  string // static, as limiter and limits
	limiter  *rate.Limiter
	limits   Limits
	sessions int // guarded by usages.mu
}

// usages are kept while an account has sessions, and as long as its rate matters.
type usages struct {
	mu sync.Mutex
	by map[string]*usage
}

func newUsages() *usages { return &usages{by: make(map[string]*usage)} }

// enter counts a session of the account; ok is false when it has enough. Limits
// that have changed hold when the last session under the old ones has left.
func (us *usages) enter(account string, limits Limits) (u *usage, ok bool) {
	defer crash.OnPanic()
	us.mu.Lock()
	defer us.mu.Unlock()
	u = us.by[account]
	if u == nil || u.sessions == 0 && u.limits != limits {
		u = &usage{account: account, limiter: rate.NewLimiter(limits.limit(), limits.burst()), limits: limits}
		us.by[account] = u
	}
	if u.limits.MaxSessions > 0 && u.sessions >= u.limits.MaxSessions {
		return nil, false
	}
	u.sessions++
	return u, true
}

// leave ends what enter began. An account without limits is forgotten with its
// last session; the others are as many as the operator wrote.
func (us *usages) leave(u *usage) {
	defer crash.OnPanic()
	us.mu.Lock()
	defer us.mu.Unlock()
	if u.sessions--; u.sessions == 0 && u.limits.Rate <= 0 {
		delete(us.by, u.account)
	}
}

func (l Limits) limit() rate.Limit {
	if l.Rate <= 0 {
		return rate.Inf
	}
	return rate.Limit(l.Rate)
}

func (l Limits) burst() int {
	if l.Burst > 0 {
		return l.Burst
	}
	return max(1, int(l.Rate))
}

// admit reports whether n messages may pass. It waits for their turn until stop is closed, or,
// where the account is to be refused, does not wait. It calls waiting before it waits.
func (u *usage) admit(stop <-chan struct{}, n int, waiting func()) bool {
	if u.limits.Rate <= 0 {
		return true
	}
	n = min(n, u.limiter.Burst())
	if u.limits.Reject {
		return u.limiter.AllowN(time.Now(), n)
	}
	if u.limiter.AllowN(time.Now(), n) {
		return true
	}
	waiting()
	r := u.limiter.ReserveN(time.Now(), n)
	turn := time.NewTimer(r.Delay())
	defer turn.Stop()
	select {
	case <-turn.C:
		return true
	case <-stop:
		r.Cancel()
		return false
	}
}

// admitRest is admit for n further parts of a message that was admitted as one: together
// they count as the burst at most, so that a message in more parts is not refused for ever.
func (u *usage) admitRest(stop <-chan struct{}, n int, waiting func()) bool {
	return u.admit(stop, min(n, u.limiter.Burst()-1), waiting)
}
