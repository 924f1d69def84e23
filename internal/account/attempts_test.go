package account

import (
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
			a.timed(t, "wrong again", here, wrong, hash, errWrong, seconds*time.Second)
		}
		a.timed(t, "another account", here, other, hash, errWrong, 30*time.Second)
		a.timed(t, "another source", elsewhere, wrong, hash, errWrong, maxOfAccount)
		a.timed(t, "another source and account", elsewhere, claim("post", "wrong"), hash, errWrong, 2*time.Second)
		a.timed(t, "right", elsewhere, right, hash, nil, 0)
		a.timed(t, "right", here, right, hash, nil, 0)
		a.timed(t, "another account, after right", here, other, hash, errWrong, 2*time.Second)
		a.timed(t, "unknown", here, claim("nobody", "x"), nil, errWrong, 4*time.Second)
		time.Sleep(forgiveAfter + time.Second) // virtual
		a.timed(t, "wrong after a long time", here, wrong, hash, errWrong, time.Second)
	})
}

// Who has an account guesses the password of another one no faster by binding in between.
func TestOwnBindForgivesNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, hash := newTried(0), hashed()
		for _, seconds := range []time.Duration{1, 2, 4, 8, 16, 30} {
			a.timed(t, "own account", here, claim("own", "secret"), hash, nil, 0)
			a.timed(t, "guess", here, claim("bank", "wrong"), hash, errWrong, seconds*time.Second)
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
			return attempt.Exhausted
		}
		own, bank := Origin{here, "own"}, Origin{here, "bank"}
		a.Begin(own).Right()
		for range wrongBurst {
			if begin(bank) {
				t.Fatal("want another try: there were too few wrong binds")
			}
			a.Begin(bank).Wrong()
		}
		var open []*Attempt
		for range wrongBurst { // those that are not judged yet count as well
			open = append(open, a.Begin(Origin{elsewhere, "bank"}))
		}
		if !begin(Origin{elsewhere, "bank"}) {
			t.Error("want no further one before one of these is judged")
		}
		for _, attempt := range open {
			attempt.Unjudged()
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
