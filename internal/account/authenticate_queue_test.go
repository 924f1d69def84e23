package account

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// busy has others take all the turns; free gives one back.
func busy(t *testing.T, a *Authenticator) (free func()) {
	t.Helper()
	var ends []func()
	for range 2 {
		end, err := a.Turn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, end)
	}
	return func() { ends[0]() }
}

// Binds whose password is to be checked have their turn in the order in which they came.
func TestAuthenticateInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, entered := NewAuthenticator(0), make(chan int)
		free := busy(t, a)
		const n = 10
		for i := range n {
			go func() {
				if _, err := a.Turn(t.Context()); err != nil {
					t.Errorf("bind %d: %v", i, err)
				}
				entered <- i
			}()
			synctest.Wait()
		}
		for want := range n {
			free()
			if got := <-entered; got != want {
				t.Errorf("got the turn of bind %d, want of %d", got, want)
			}
		}
	})
}

// Sessions of one account that come at once are checked once: it is seen again when it is their turn.
func TestAuthenticateOnceForMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := NewAuthenticator(0), claim("bank", "secret")
		noHash := []byte("which nothing matches")
		free, got := busy(t, a), make(chan error, 1)
		go func() { got <- a.matches(t.Context(), b, noHash) }()
		synctest.Wait()
		a.mu.Lock()
		a.passed[a.key(b, noHash)] = struct{}{}
		a.mu.Unlock()
		free()
		if err := <-got; err != nil {
			t.Errorf("got %v, want what the other session had", err)
		}
	})
}

// An ESME that leaves while it waits gives up its turn, and its address has done nothing wrong.
func TestAuthenticateLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := NewAuthenticator(0)
		free := busy(t, a)
		leaving := func(ctx context.Context, wait func(context.Context)) {
			ctx, leave := context.WithCancel(ctx)
			time.AfterFunc(time.Second, leave)
			wait(ctx)
		}
		begin := time.Now()
		if err := a.Check(t.Context(), leaving, "192.0.2.1", claim("bank", "wrong"), hashed()); err != ErrLeft {
			t.Errorf("got %v, want %v", err, ErrLeft)
		}
		if took := time.Since(begin); took != time.Second {
			t.Errorf("it takes %v, want %v", took, time.Second)
		}
		if len(a.failing) > 0 {
			t.Errorf("failing: %v, want none", a.failing)
		}
		free()
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		for range 100 { // either may be seen first
			if err := a.matches(gone, claim("bank", "secret"), hashed()); err != ErrLeft {
				t.Fatalf("gone before its turn: got %v, want %v", err, ErrLeft)
			}
		}
		if used := len(a.working); used != cap(a.working)-1 {
			t.Errorf("%d turns are taken, want %d", used, cap(a.working)-1)
		}
	})
}
