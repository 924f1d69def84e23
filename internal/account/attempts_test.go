package account

import (
	"context"
	"encoding/binary"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

var elsewhere = netip.MustParseAddr("192.0.2.2")

// A source that keeps being wrong waits longer each time, and so do others for the same account, up to a
// bound. What is right does not wait, and forgives its own wrong binds only.
func TestRefusalsTakeLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, hash := newTried(0), hashed()
		right, wrong, other := claim("bank", "secret"), claim("bank", "wrong"), claim("shop", "wrong")
		for _, seconds := range []time.Duration{1, 2, 4, 8, 16, 30, 30} {
			a.timed(t, "wrong again", here, wrong, hash, ErrWrong, seconds*time.Second)
		}
		a.timed(t, "another account", here, other, hash, ErrWrong, 30*time.Second)
		a.timed(t, "another source", elsewhere, wrong, hash, ErrWrong, maxOfAccount)
		a.timed(t, "another source and account", elsewhere, claim("post", "wrong"), hash, ErrWrong, 2*time.Second)
		a.timed(t, "right", elsewhere, right, hash, nil, 0)
		a.timed(t, "right", here, right, hash, nil, 0)
		a.timed(t, "another account, after right", here, other, hash, ErrWrong, 2*time.Second)
		a.timed(t, "unknown", here, claim("nobody", "x"), nil, ErrWrong, 4*time.Second)
		time.Sleep(forgiveAfter + time.Second) // virtual
		a.timed(t, "wrong after a long time", here, wrong, hash, ErrWrong, time.Second)
	})
}

// Who has an account guesses the password of another one no faster by binding in between.
func TestOwnBindForgivesNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, hash := newTried(0), hashed()
		for _, seconds := range []time.Duration{1, 2, 4, 8, 16, 30} {
			a.timed(t, "own account", here, claim("own", "secret"), hash, nil, 0)
			a.timed(t, "guess", here, claim("bank", "wrong"), hash, ErrWrong, seconds*time.Second)
		}
	})
}

// After many wrong binds nobody else is asked about further ones of the source, unless it has bound as the
// account before. Some time later one more may be tried.
func TestExhausted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := NewAttempts(0)
		begin := func(o Origin) (exhausted bool) {
			attempt := a.Begin(o)
			defer attempt.Unjudged()
			return !attempt.MayAsk(t.Context())
		}
		own, bank := Origin{here, "own"}, Origin{here, "bank"}
		a.Begin(own).Right()
		for range wrongBurst {
			if begin(bank) {
				t.Fatal("want another try: there were too few wrong binds")
			}
			a.Begin(bank).Wrong()
		}
		if !begin(bank) || begin(own) || begin(Origin{elsewhere, "bank"}) {
			t.Error("want the source exhausted, but for the account that it has bound as, and no other source")
		}
		time.Sleep(wrongEvery)
		if begin(bank) {
			t.Error("want another try after some time")
		}
		a.Begin(bank).Right()
		if begin(bank) || begin(Origin{here, "shop"}) {
			t.Error("want the wrong binds forgiven when they prove to be typing errors")
		}
	})
}

// Of the binds of a source that come at once, as many are asked about as may be wrong. The others wait until these
// are judged: nobody is refused who has not been wrong.
func TestMayAskWaits(t *testing.T) {
	for name, tt := range map[string]struct {
		judge func(*Attempt)
		more  int // are asked about when all of the first ones are judged
	}{
		"right":    {(*Attempt).Right, wrongBurst},
		"unjudged": {(*Attempt).Unjudged, wrongBurst},
		"wrong":    {(*Attempt).Wrong, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, bank := NewAttempts(0), Origin{here, "bank"}
				ctx, cancel := context.WithCancel(t.Context())
				asked, refused := make(chan *Attempt, 2*wrongBurst), make(chan *Attempt, 2*wrongBurst)
				for range 2 * wrongBurst {
					go func() {
						attempt := a.Begin(bank)
						if attempt.MayAsk(ctx) {
							asked <- attempt
						} else {
							refused <- attempt
						}
					}()
				}
				synctest.Wait()
				if len(asked) != wrongBurst || len(refused) != 0 {
					t.Fatalf("got %d asked about and %d refused, want %d and none", len(asked), len(refused), wrongBurst)
				}
				for range wrongBurst {
					tt.judge(<-asked)
				}
				synctest.Wait()
				if len(asked) != tt.more || len(refused) != wrongBurst-tt.more {
					t.Errorf("got %d more asked about and %d refused, want %d and %d", len(asked), len(refused), tt.more, wrongBurst-tt.more)
				}
				cancel()
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		a := NewAttempts(0)
		for range wrongBurst {
			if !a.Begin(Origin{here, "bank"}).MayAsk(t.Context()) {
				t.Fatal("want it asked about")
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if a.Begin(Origin{here, "bank"}).MayAsk(ctx) {
			t.Error("want that it ended with its context")
		}
		if !a.Begin(Origin{elsewhere, "bank"}).MayAsk(ctx) {
			t.Error("want another source asked about")
		}
	})
}

// Strangers cannot fill the memory.
func TestAttemptsBounded(t *testing.T) {
	a := NewAttempts(0)
	for i := range uint32(2 * maxAttempts) {
		o := Origin{netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, i))), string(rune(i))}
		a.Begin(o).Wrong()
		a.Begin(o).Right()
	}
	if got := a.sources.Len() + a.accounts.Len() + a.pairs.Len() + a.known.Len(); got > 4*maxAttempts {
		t.Errorf("got %d in memory, want at most %d", got, 4*maxAttempts)
	}
}
