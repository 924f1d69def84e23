package account

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

// Authenticator checks passwords against bcrypt hashes. A refusal takes the same time
// whatever the reason, and longer for an address that is wrong again and again.
type Authenticator struct {
	most    time.Duration // the longest delay of a refusal
	secret  [32]byte      // random; the key of the hashes of passwords that passed
	working chan struct{} // limits the CPU time of bcrypt

	mu      sync.Mutex
	passed  map[[32]byte]struct{} // guarded by mu
	failing map[string]failure    // by address; guarded by mu
}

// failure counts the recent wrong passwords of an address.
type failure struct {
	times int
	last  time.Time
}

const (
	refusalTime  = time.Second      // from a wrong bind to its response
	maxRefusal   = 30 * time.Second // for an address that is wrong again and again
	forgiveAfter = 10 * time.Minute
	checkWait    = 30 * time.Second // how long a bind waits for its turn; few ESMEs wait longer for bind_resp
	maxPassed    = 10_000
	maxFailing   = 10_000
)

// NewAuthenticator returns an Authenticator for ESMEs that must bind within sessionInit. A
// refusal takes no longer than that; zero is no limit.
func NewAuthenticator(sessionInit time.Duration) *Authenticator {
	a := &Authenticator{
		most: maxRefusal, working: make(chan struct{}, 2),
		passed: make(map[[32]byte]struct{}), failing: make(map[string]failure),
	}
	if sessionInit > 0 {
		a.most = min(a.most, sessionInit*3/4)
	}
	_, _ = rand.Read(a.secret[:]) // it never fails (crypto/rand)
	return a
}

// unknown replaces the hash where there is no account, so that the check takes as long. It
// has the default cost, and nobody knows its password.
var unknown = []byte("$2a$10$3/IKVlc4YBZKtgnIli.sMesTES7N87xNrzn9KGb9laMH4dsGlwORu")

// The reasons for which Check refuses a bind. After ErrBusy and ErrLeft it is unknown whether
// the password is right.
var (
	errWrong = errors.New("wrong password")
	ErrBusy  = errors.New("too many binds wait for the check of their password")
	ErrLeft  = errors.New("the ESME left before its password was checked")
)

// Awaiter calls wait with a context that ends with ctx, and when the ESME leaves. Meanwhile
// the session-init timer stands still; see smpp.Session.Await.
type Awaiter func(ctx context.Context, wait func(context.Context))

// Credentials are the system_id and the password of a bind.
type Credentials struct {
	Account  string
	Password []byte
}

// Check returns nil if hash is the hash of the password of c. It delays errWrong, and delays
// it longer for an address from which the password was wrong before. It returns early when
// ctx ends.
func (a *Authenticator) Check(ctx context.Context, await Awaiter, address string, c Credentials, hash []byte) error {
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

// matches compares the password when it is the turn of the bind. It remembers passwords that
// passed by a keyed hash. Otherwise a thousand ESMEs that bind again at once would wait for
// minutes.
func (a *Authenticator) matches(ctx context.Context, c Credentials, hash []byte) error {
	key := a.key(c, hash)
	if a.hasPassed(key) {
		return nil
	}
	end, err := a.Turn(ctx)
	if err != nil {
		return err
	}
	defer end()
	if a.hasPassed(key) { // meanwhile, in another session of the account
		return nil
	}
	listed := len(hash) > 0
	if !listed {
		hash = unknown
	}
	if bcrypt.CompareHashAndPassword(hash, c.Password) != nil || !listed {
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

// key returns the keyed hash of a bind.
func (a *Authenticator) key(c Credentials, hash []byte) [32]byte {
	known := hmac.New(sha256.New, a.secret[:])
	for _, part := range [][]byte{[]byte(c.Account), c.Password, hash} {
		known.Write(part)
		known.Write([]byte{0})
	}
	return [32]byte(known.Sum(nil))
}

func (a *Authenticator) hasPassed(key [32]byte) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, ok := a.passed[key]
	return ok
}

// Turn waits until bcrypt has room for another bind. end must be called afterwards. Binds get
// their turns in the order in which they came. No more can wait than there are connections
// that have not bound (listen.max_unbound).
func (a *Authenticator) Turn(ctx context.Context) (end func(), err error) {
	late := time.NewTimer(checkWait)
	defer late.Stop()
	select {
	case a.working <- struct{}{}:
	case <-late.C:
		return nil, ErrBusy
	case <-ctx.Done():
		return nil, ErrLeft
	}
	if ctx.Err() != nil {
		<-a.working
		return nil, ErrLeft
	}
	return func() { <-a.working }, nil
}

// forgive forgets the wrong passwords of an address.
func (a *Authenticator) forgive(address string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.failing, address)
}

// refusalTime returns how long the next refusal of this address takes.
func (a *Authenticator) refusalTime(address string) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	f := a.failing[address]
	if time.Since(f.last) > forgiveAfter {
		f.times = 0
	}
	return min(refusalTime<<min(f.times, 5), a.most)
}

func (a *Authenticator) fail(address string) {
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
