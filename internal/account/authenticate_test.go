package account

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// claim is what a bind with a password shows.
func claim(account, password string) Credentials { return Credentials{account, []byte(password)} }

// hashed is a hash of "secret" that is quickly checked.
var hashed = sync.OnceValue(func() []byte {
	hash, _ := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost) // it knows the cost
	return hash
})

// here is where most binds come from.
var here = netip.MustParseAddr("192.0.2.1")

// timed checks a bind and how long that takes, up to the refusal if it is refused.
func (a *tried) timed(t *testing.T, what string, source netip.Addr, c Credentials, hash []byte, want error, took time.Duration) {
	t.Helper()
	begin := time.Now()
	got := a.check(t.Context(), source, c, hash)
	if d := time.Since(begin); got != want || d != took {
		t.Errorf("%s: got %v after %v, want %v after %v", what, got, d, want, took)
	}
}

// tried is an Authenticator with the attempts so far.
type tried struct {
	*Authenticator
	attempts *Attempts
}

func newTried(sessionInit time.Duration) *tried {
	return &tried{NewAuthenticator(NewTurns()), NewAttempts(sessionInit)}
}

func (a *tried) check(ctx context.Context, source netip.Addr, c Credentials, hash []byte) error {
	attempt := a.attempts.Begin(Origin{source, c.Account})
	err := a.Check(ctx, staying, attempt, c, hash)
	if err != nil {
		attempt.Wait(ctx)
	}
	return err
}

// staying is the Awaiter of an ESME that does not leave.
func staying(ctx context.Context, wait func(context.Context)) { wait(ctx) }

// A refusal takes the same time whatever was wrong; who is right does not wait.
func TestAuthenticate(t *testing.T) {
	tests := []struct {
		name string
		bind Credentials
		hash []byte
		want error
	}{
		{"right", claim("bank", "secret"), hashed(), nil},
		{"wrong password", claim("bank", "wrong"), hashed(), ErrWrong},
		{"no password", claim("bank", ""), hashed(), ErrWrong},
		{"unknown system_id", claim("nobody", "secret"), nil, ErrWrong},
		{"no system_id", claim("", ""), nil, ErrWrong},
		{"account without password", claim("bank", ""), []byte{}, ErrWrong},
		{"a hash that is none", claim("bank", "secret"), []byte("secret"), ErrWrong},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				took := refusalTime
				if tt.want == nil {
					took = 0
				}
				newTried(0).timed(t, "check", here, tt.bind, tt.hash, tt.want, took)
			})
		})
	}
}

// The refusal comes before the session-init timer ends the connection.
func TestAuthenticateWithinSessionInit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newTried(4 * time.Second)
		for _, seconds := range []time.Duration{1, 2, 3, 3} {
			a.timed(t, "wrong again", here, claim("bank", "wrong"), hashed(), ErrWrong, seconds*time.Second)
		}
	})
}

// What passed once needs no bcrypt again, until the operator changes the hash.
func TestAuthenticateRemembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, hash, right := newTried(0), hashed(), claim("bank", "secret")
		a.timed(t, "right password", here, right, hash, nil, 0)
		busy(t, a.Turns) // from here on bcrypt is busy with others
		a.timed(t, "the same", elsewhere, right, hash, nil, 0)
		for _, tt := range []struct {
			name string
			bind Credentials
			hash []byte
		}{
			{"another password", claim("bank", "other"), hash},
			{"another account", claim("shop", "secret"), hash},
			{"another hash", right, append([]byte(nil), hash[:len(hash)-1]...)},
			{"the same octets, cut elsewhere", claim("ban", "ksecret"), hash},
		} {
			a.timed(t, tt.name, elsewhere, tt.bind, tt.hash, ErrBusy, checkWait)
		}
		if f, _ := a.attempts.sources.Get(elsewhere); f.times != 0 {
			t.Errorf("got %d wrong binds, want none: nobody has looked at these passwords", f.times)
		}
	})
}

// Passwords that passed do not fill the memory.
func TestAuthenticateBounded(t *testing.T) {
	a := newTried(0)
	for i := range maxPassed {
		a.passed[[32]byte{byte(i), byte(i >> 8)}] = struct{}{}
	}
	if err := a.check(t.Context(), here, claim("bank", "secret"), hashed()); err != nil || len(a.passed) > maxPassed {
		t.Errorf("passwords remembered: got %d, want at most %d", len(a.passed), maxPassed)
	}
}
