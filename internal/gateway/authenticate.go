package gateway

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
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
	checkWait    = 30 * time.Second // of a bind for its turn; few ESMEs wait longer for bind_resp
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

// Why a bind is not let in. Of the password errBusy and errLeft say nothing.
var (
	errWrong = errors.New("wrong password")
	errBusy  = errors.New("too many binds wait for the check of their password")
	errLeft  = errors.New("the ESME left before its password was checked")
)

// awaiter runs wait with a context that ends with ctx, and when the ESME leaves. Meanwhile the
// time that the ESME has to bind stands still; see smpp.Session.Await.
type awaiter func(ctx context.Context, wait func(context.Context))

// credentials are what a bind shows.
type credentials struct {
	account  string
	password []byte
}

// check returns nil if the password of c is that of hash. It waits before it says
// errWrong; it returns early when ctx ends.
func (a *authenticator) check(ctx context.Context, await awaiter, address string, c credentials, hash []byte) error {
	refused := time.After(a.refusalTime(address))
	var err error
	await(ctx, func(ctx context.Context) { err = a.matches(ctx, c, hash) })
	switch err {
	case nil:
		a.forgive(address)
	case errWrong:
		a.fail(address)
		select {
		case <-refused:
		case <-ctx.Done():
		}
	}
	return err
}

// matches compares, when it is the bind's turn. Passwords that passed are remembered by a keyed
// hash, since a thousand ESMEs that come back at once would wait minutes for bcrypt.
func (a *authenticator) matches(ctx context.Context, c credentials, hash []byte) error {
	key := a.key(c, hash)
	if a.hasPassed(key) {
		return nil
	}
	end, err := a.turn(ctx)
	if err != nil {
		return err
	}
	defer end()
	if a.hasPassed(key) { // on another session of the account
		return nil
	}
	listed := len(hash) > 0
	if !listed {
		hash = unknown
	}
	if bcrypt.CompareHashAndPassword(hash, c.password) != nil || !listed {
		return errWrong
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.passed) >= maxPassed {
		clear(a.passed)
	}
	a.passed[key] = struct{}{}
	return nil
}

// key is what a bind is remembered by.
func (a *authenticator) key(c credentials, hash []byte) [32]byte {
	known := hmac.New(sha256.New, a.secret[:])
	for _, part := range [][]byte{[]byte(c.account), c.password, hash} {
		known.Write(part)
		known.Write([]byte{0})
	}
	return [32]byte(known.Sum(nil))
}

func (a *authenticator) hasPassed(key [32]byte) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, ok := a.passed[key]
	return ok
}

// turn waits until bcrypt has room for another bind, until end is called. Binds have their turns in
// the order in which they came. No more wait than there are connections that have not bound (listen.max_unbound).
func (a *authenticator) turn(ctx context.Context) (end func(), err error) {
	late := time.NewTimer(checkWait)
	defer late.Stop()
	select {
	case a.working <- struct{}{}:
	case <-late.C:
		return nil, errBusy
	case <-ctx.Done():
		return nil, errLeft
	}
	if ctx.Err() != nil {
		<-a.working
		return nil, errLeft
	}
	return func() { <-a.working }, nil
}

// forgive forgets that an address was wrong.
func (a *authenticator) forgive(address string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.failing, address)
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
