package gateway

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// authenticator checks passwords against bcrypt hashes. A refusal takes the same
// time whatever was wrong, and longer for an address that keeps being wrong.
type authenticator struct {
	most    time.Duration // that a refusal may take
	secret  [32]byte      // of this process: what passed is remembered under it
	working chan struct{} // bounds the CPU that bcrypt takes

	mu      sync.Mutex
	passed  map[[32]byte]struct{} // guarded by mu
	failing map[string]failure    // by address; guarded by mu
}

// failure is how an address did lately.
type failure struct {
	times int
	last  time.Time
}

const (
	refusalTime  = time.Second      // from a wrong bind to its answer
	maxRefusal   = 30 * time.Second // for an address that is wrong again and again
	forgiveAfter = 10 * time.Minute
	maxPassed    = 10_000
	maxFailing   = 10_000
)

// newAuthenticator makes one for ESMEs that have sessionInit to bind, or, if that is
// zero, any time: the refusal must come before.
func newAuthenticator(sessionInit time.Duration) *authenticator {
	a := &authenticator{
		most: maxRefusal, working: make(chan struct{}, 2),
		passed: make(map[[32]byte]struct{}), failing: make(map[string]failure),
	}
	if sessionInit > 0 {
		a.most = min(a.most, sessionInit*3/4)
	}
	_, _ = rand.Read(a.secret[:]) // it never fails (crypto/rand)
	return a
}

// unknown is compared with where there is no account, so that it takes as long: a
// hash of the default cost, of which no one knows the password.
var unknown = []byte("$2a$10$3/IKVlc4YBZKtgnIli.sMesTES7N87xNrzn9KGb9laMH4dsGlwORu")

// check tells whether the bind's password is that of hash. It waits before it says
// no; it returns early when ctx ends.
func (a *authenticator) check(ctx context.Context, address string, b bind, hash []byte) bool {
	refused := time.After(a.refusalTime(address))
	if a.matches(ctx, b, hash) {
		a.mu.Lock()
		delete(a.failing, address)
		a.mu.Unlock()
		return true
	}
	a.fail(address)
	select {
	case <-refused:
	case <-ctx.Done():
	}
	return false
}

// matches compares. Passwords that passed are remembered by a keyed hash, since a
// thousand ESMEs that come back at once would wait minutes for bcrypt.
func (a *authenticator) matches(ctx context.Context, b bind, hash []byte) bool {
	known := hmac.New(sha256.New, a.secret[:])
	for _, part := range [][]byte{[]byte(b.account), b.password, hash} {
		known.Write(part)
		known.Write([]byte{0})
	}
	key := [32]byte(known.Sum(nil))
	a.mu.Lock()
	_, ok := a.passed[key]
	a.mu.Unlock()
	if ok {
		return true
	}
	select {
	case a.working <- struct{}{}:
		defer func() { <-a.working }()
	case <-ctx.Done():
		return false
	}
	listed := len(hash) > 0
	if !listed {
		hash = unknown
	}
	if bcrypt.CompareHashAndPassword(hash, b.password) != nil || !listed {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.passed) >= maxPassed {
		clear(a.passed)
	}
	a.passed[key] = struct{}{}
	return true
}

// refusalTime is how long a refusal of this address takes now.
func (a *authenticator) refusalTime(address string) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	f := a.failing[address]
	if time.Since(f.last) > forgiveAfter {
		f.times = 0
	}
	return min(refusalTime<<min(f.times, 5), a.most)
}

func (a *authenticator) fail(address string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.failing) >= maxFailing {
		clear(a.failing)
	}
	f := a.failing[address]
	if time.Since(f.last) > forgiveAfter {
		f.times = 0
	}
	a.failing[address] = failure{f.times + 1, time.Now()}
}
