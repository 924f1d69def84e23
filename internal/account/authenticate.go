package account

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"sync"

	"golang.org/x/crypto/bcrypt"
)

// Authenticator checks passwords against bcrypt hashes.
type Authenticator struct {
	Turns  *Turns   // bounds the processor time of bcrypt
	secret [32]byte // random; the key of the hashes of passwords that passed

	mu     sync.Mutex
	passed map[[32]byte]struct{} // guarded by mu
}

const maxPassed = 10_000

// NewAuthenticator returns an Authenticator whose checks take turns.
func NewAuthenticator(turns *Turns) *Authenticator {
	a := &Authenticator{Turns: turns, passed: make(map[[32]byte]struct{})}
	_, _ = rand.Read(a.secret[:]) // it never fails (crypto/rand)
	return a
}

// unknown replaces the hash where there is no account, so that the check takes as long. It
// has the default cost, and nobody knows its password.
var unknown = []byte("$2a$10$3/IKVlc4YBZKtgnIli.sMesTES7N87xNrzn9KGb9laMH4dsGlwORu")

// The reasons for which Check refuses a bind. After ErrBusy and ErrLeft it is unknown whether
// the password is right.
var (
	ErrWrong = errors.New("wrong password")
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

// Check returns nil if hash is the hash of the password of c. Without a hash it takes as long, and returns
// an error. It notes in t what it found, and returns early when ctx ends.
func (a *Authenticator) Check(ctx context.Context, await Awaiter, t *Attempt, c Credentials, hash []byte) error {
	var err error
	await(ctx, func(ctx context.Context) { err = a.matches(ctx, t, c, hash) })
	switch err {
	case nil:
		t.Right()
	case ErrWrong:
		t.Wrong()
	default:
		t.Unjudged()
	}
	return err
}

// matches compares the password when it is the turn of the bind. It remembers passwords that
// passed by a keyed hash. Otherwise a thousand ESMEs that bind again at once would wait for
// minutes.
func (a *Authenticator) matches(ctx context.Context, t *Attempt, c Credentials, hash []byte) error {
	key := a.key(c, hash)
	if a.hasPassed(key) {
		return nil
	}
	end, err := a.Turns.Take(ctx, t.origin.Source, t.isSuspected)
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
		return ErrWrong
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
