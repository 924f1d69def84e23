// Package account decides who may bind, and how much an account may use. It checks passwords,
// the limits of accounts and of connections, and the addresses that belong to an account.
package account

import (
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"readback/internal/crash"
)

// Limits of an account: settings of it. Zero is no limit.
type Limits struct {
	Rate        float64 `key:"rate" range:"0..100000" doc:"messages a second that the account may send, parts counted; 0 is no limit"`
	Burst       int     `key:"burst" range:"0..100000" doc:"messages that it may send at once; 0 is as many as rate"`
	Reject      bool    `key:"over_rate" default:"pace" oneof:"pace,reject" doc:"messages over the rate wait, or are refused with ESME_RTHROTTLED"`
	Window      int     `key:"window" range:"0..10000" doc:"requests of one session that may be unanswered; 0 is no limit"`
	MaxSessions int     `key:"max_sessions" range:"0..100000" doc:"sessions of the account at a time; 0 is no limit"`
}

// Usage is what all sessions of one account use together.
type Usage struct {
	// Static after construction.
	account string
	limiter *rate.Limiter
	limits  Limits

	Open atomic.Int64 // requests that the SMSC has not answered, in shared mode

	// Guarded by Usages.mu.
	sessions int
}

// Usages holds the usage of each account. A usage is kept while its account has sessions, and
// for ever if the account has a rate.
type Usages struct {
	mu sync.Mutex
	by map[string]*Usage
}

// NewUsages returns Usages without any session.
func NewUsages() *Usages { return &Usages{by: make(map[string]*Usage)} }

// Enter counts a session of the account. ok is false if the account has as many sessions as
// it may. Changed limits take effect when the last session under the old limits has ended.
func (us *Usages) Enter(account string, limits Limits) (u *Usage, ok bool) {
	defer crash.OnPanic()
	us.mu.Lock()
	defer us.mu.Unlock()
	u = us.by[account]
	if u == nil || u.sessions == 0 && u.limits != limits {
		u = &Usage{account: account, limiter: rate.NewLimiter(limits.limit(), limits.burst()), limits: limits}
		us.by[account] = u
	}
	if u.limits.MaxSessions > 0 && u.sessions >= u.limits.MaxSessions {
		return nil, false
	}
	u.sessions++
	return u, true
}

// IsFull reports whether the account has as many sessions as it may.
func (us *Usages) IsFull(account string) bool {
	us.mu.Lock()
	defer us.mu.Unlock()
	u := us.by[account]
	return u != nil && u.sessions > 0 && u.limits.MaxSessions > 0 && u.sessions >= u.limits.MaxSessions
}

// Leave stops counting a session. With its last session, an account without a rate is
// forgotten. The accounts with a rate are as many as the operator configured.
func (us *Usages) Leave(u *Usage) {
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

// Admit reports whether n messages may pass. It waits for their turn until stop is closed, or
// does not wait if the account is to be refused. Before it waits it calls waiting.
func (u *Usage) Admit(stop <-chan struct{}, n int, waiting func()) bool {
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

// AdmitRest is Admit for n further parts of a message that was admitted as one. Together they
// count at most as the burst, so that a message with more parts can be admitted at all.
func (u *Usage) AdmitRest(stop <-chan struct{}, n int, waiting func()) bool {
	return u.Admit(stop, min(n, u.limiter.Burst()-1), waiting)
}
