package account

import (
	"context"
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

// timed checks a bind and how long that takes.
func (a *Authenticator) timed(t *testing.T, what, address string, c Credentials, hash []byte, want error, took time.Duration) {
	t.Helper()
	begin := time.Now()
	got := a.Check(t.Context(), staying, address, c, hash)
	if d := time.Since(begin); got != want || d != took {
		t.Errorf("%s: got %v after %v, want %v after %v", what, got, d, want, took)
	}
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
		{"wrong password", claim("bank", "wrong"), hashed(), errWrong},
		{"no password", claim("bank", ""), hashed(), errWrong},
		{"unknown system_id", claim("nobody", "secret"), nil, errWrong},
		{"no system_id", claim("", ""), nil, errWrong},
		{"account without password", claim("bank", ""), []byte{}, errWrong},
		{"a hash that is none", claim("bank", "secret"), []byte("secret"), errWrong},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				took := refusalTime
				if tt.want == nil {
					took = 0
				}
				NewAuthenticator(0).timed(t, "check", "192.0.2.1", tt.bind, tt.hash, tt.want, took)
			})
		})
	}
}

// An address that keeps being wrong waits longer each time, others do not; it is
// forgiven when it is right once, or quiet for long.
func TestAuthenticateBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const here, there = "192.0.2.1", "192.0.2.2"
		a, hash := NewAuthenticator(0), hashed()
		right, wrong := claim("bank", "secret"), claim("bank", "wrong")
		for _, seconds := range []time.Duration{1, 2, 4, 8, 16, 30, 30} {
			a.timed(t, "wrong again", here, wrong, hash, errWrong, seconds*time.Second)
		}
		a.timed(t, "wrong elsewhere", there, wrong, hash, errWrong, time.Second)
		a.timed(t, "right", here, right, hash, nil, 0)
		a.timed(t, "wrong after right", here, wrong, hash, errWrong, time.Second)
		a.timed(t, "unknown after wrong", here, claim("nobody", "x"), nil, errWrong, 2*time.Second)
		<-time.After(forgiveAfter + time.Second) // virtual
		a.timed(t, "wrong after a long time", here, wrong, hash, errWrong, time.Second)
	})
}

// The refusal comes before the session-init timer ends the connection.
func TestAuthenticateWithinSessionInit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := NewAuthenticator(4 * time.Second)
		for _, seconds := range []time.Duration{1, 2, 3, 3} {
			a.timed(t, "wrong again", "192.0.2.1", claim("bank", "wrong"), hashed(), errWrong, seconds*time.Second)
		}
	})
}

// What passed once needs no bcrypt again, until the operator changes the hash.
func TestAuthenticateRemembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, hash, right := NewAuthenticator(0), hashed(), claim("bank", "secret")
		a.timed(t, "right password", "192.0.2.1", right, hash, nil, 0)
		for range cap(a.working) { // from here on bcrypt is busy with others
			a.working <- struct{}{}
		}
		a.timed(t, "the same", "192.0.2.2", right, hash, nil, 0)
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
			a.timed(t, tt.name, "192.0.2.2", tt.bind, tt.hash, ErrBusy, checkWait)
		}
		if len(a.failing) > 0 {
			t.Errorf("failing: %v, want none: nobody has looked at these passwords", a.failing)
		}
	})
}

// Strangers cannot fill the memory.
func TestAuthenticateBounded(t *testing.T) {
	a := NewAuthenticator(0)
	for i := range 3 * maxFailing {
		a.fail(string(rune(i)))
	}
	if got := len(a.failing); got > maxFailing {
		t.Errorf("addresses remembered: got %d, want at most %d", got, maxFailing)
	}
	for i := range maxPassed {
		a.passed[[32]byte{byte(i), byte(i >> 8)}] = struct{}{}
	}
	if err := a.matches(t.Context(), claim("bank", "secret"), hashed()); err != nil || len(a.passed) > maxPassed {
		t.Errorf("passwords remembered: got %d, want at most %d", len(a.passed), maxPassed)
	}
}
