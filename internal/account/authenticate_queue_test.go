package account

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Sessions of one account that come at once are checked once: it is seen again when it is their turn.
func TestAuthenticateOnceForMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := newTried(0), claim("bank", "secret")
		noHash := []byte("which nothing matches")
		free, got := busy(t, a.Turns), make(chan error, 1)
		go func() { got <- a.check(t.Context(), here, b, noHash) }()
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
		a := newTried(0)
		free := busy(t, a.Turns)
		leaving := func(ctx context.Context, wait func(context.Context)) {
			ctx, leave := context.WithCancel(ctx)
			time.AfterFunc(time.Second, leave)
			wait(ctx)
		}
		begin := time.Now()
		attempt := a.attempts.Begin(Origin{here, "bank"})
		if err := a.Check(t.Context(), leaving, attempt, claim("bank", "wrong"), hashed()); err != ErrLeft {
			t.Errorf("got %v, want %v", err, ErrLeft)
		}
		if took := time.Since(begin); took != time.Second {
			t.Errorf("it takes %v, want %v", took, time.Second)
		}
		if f, _ := a.attempts.sources.Get(here); *f != (failures{paid: f.paid}) {
			t.Errorf("got %+v, want no wrong bind, and none that waits", *f)
		}
		free()
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		for range 100 { // either may be seen first
			if err := a.check(gone, here, claim("bank", "secret"), hashed()); err != ErrLeft {
				t.Fatalf("gone before its turn: got %v, want %v", err, ErrLeft)
			}
		}
		if used, waiting := a.Turns.busy, len(a.Turns.waiting); used != a.Turns.most-1 || waiting != 0 {
			t.Errorf("%d turns are taken and %d wait, want %d and none", used, waiting, a.Turns.most-1)
		}
	})
}

// Binds of a source that all wait when the first of them is found wrong come behind those of others.
func TestManyWrongAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newTried(0)
		a.Turns.most = 1
		free, hash := busy(t, a.Turns), hashed()
		const many = 20
		var wrong atomic.Int64
		for range many {
			go func() {
				_ = a.Check(t.Context(), staying, a.attempts.Begin(Origin{here, "bank"}), claim("bank", "wrong"), hash)
				wrong.Add(1)
			}()
		}
		synctest.Wait()
		var right sync.WaitGroup
		for i := range many {
			name := fmt.Sprint("own", i)
			right.Go(func() {
				if err := a.Check(t.Context(), staying, a.attempts.Begin(Origin{elsewhere, name}), claim(name, "secret"), hash); err != nil {
					t.Errorf("%s: got %v, want it to bind", name, err)
				}
			})
		}
		synctest.Wait()
		free()
		right.Wait()
		if n := wrong.Load(); n > suspectedAfter+2 { // one begins before the last one is judged
			t.Errorf("%d wrong passwords were checked before the right ones, want %d", n, suspectedAfter)
		}
	})
}
