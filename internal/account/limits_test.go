package account

import (
	"testing"
	"testing/synctest"
	"time"
)

// admitted is when each of n messages gets through, and which are refused.
func admitted(t *testing.T, u *Usage, n, parts int) (at []time.Duration, refused int) {
	t.Helper()
	begin := time.Now()
	for range n {
		if u.Admit(nil, parts, func() {}) {
			at = append(at, time.Since(begin))
		} else {
			refused++
		}
	}
	return at, refused
}

// The burst goes at once, the rest at the rate or not at all.
func TestAdmit(t *testing.T) {
	tests := []struct {
		name     string
		limits   Limits
		n, parts int
		last     time.Duration // when the last was let through
		refused  int
	}{
		{name: "no limit", limits: Limits{}, n: 1000, parts: 1},
		{name: "pace", limits: Limits{Rate: 10, Burst: 5}, n: 25, parts: 1, last: 2 * time.Second},
		{name: "pace, a second's worth at once", limits: Limits{Rate: 10}, n: 20, parts: 1, last: time.Second},
		{name: "pace, below one a second", limits: Limits{Rate: 0.5}, n: 3, parts: 1, last: 4 * time.Second},
		{name: "pace, parts", limits: Limits{Rate: 10, Burst: 10}, n: 4, parts: 5, last: time.Second},
		{name: "pace, more parts than the burst", limits: Limits{Rate: 10, Burst: 2}, n: 3, parts: 100, last: 400 * time.Millisecond},
		{name: "reject", limits: Limits{Rate: 10, Burst: 5, Reject: true}, n: 25, parts: 1, refused: 20},
		{name: "reject, parts", limits: Limits{Rate: 10, Burst: 10, Reject: true}, n: 4, parts: 5, refused: 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				us := NewUsages()
				u, _ := us.Enter("bank", tt.limits)
				at, refused := admitted(t, u, tt.n, tt.parts)
				if refused != tt.refused || len(at) != tt.n-tt.refused {
					t.Errorf("refused: got %d, want %d", refused, tt.refused)
				}
				if last := at[len(at)-1].Round(time.Millisecond); last != tt.last {
					t.Errorf("the last went after %v, want %v", last, tt.last)
				}
			})
		})
	}
}

// What was refused may go when its time has come.
func TestAdmitAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		us := NewUsages()
		u, _ := us.Enter("bank", Limits{Rate: 2, Burst: 1, Reject: true})
		admitted(t, u, 10, 1)
		<-time.After(time.Second)
		if at, _ := admitted(t, u, 10, 1); len(at) != 1 {
			t.Errorf("a second later: got %d through, want the burst of 1", len(at))
		}
	})
}

// Who waits says so first, and waits no longer than its session.
func TestAdmitWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		us := NewUsages()
		u, _ := us.Enter("bank", Limits{Rate: 0.001, Burst: 1})
		waits := 0
		waiting := func() { waits++ }
		if !u.Admit(nil, 1, waiting) || waits != 0 {
			t.Errorf("the first: got %d waits, want to go at once", waits)
		}
		stop := make(chan struct{})
		time.AfterFunc(time.Second, func() { close(stop) })
		begin := time.Now()
		if u.Admit(stop, 1, waiting) || waits != 1 || time.Since(begin) != time.Second {
			t.Errorf("the second: got %d waits, %v; want one until the session ends", waits, time.Since(begin))
		}
	})
}

// All sessions of an account share its rate and its number of sessions.
func TestUsages(t *testing.T) {
	us := NewUsages()
	two := Limits{Rate: 1, MaxSessions: 2}
	first, ok := us.Enter("bank", two)
	second, ok2 := us.Enter("bank", two)
	if !ok || !ok2 || first != second {
		t.Fatalf("got %p, %p; want one for both", first, second)
	}
	if _, ok := us.Enter("bank", two); ok {
		t.Error("a third session: let in, want two at most")
	}
	if other, ok := us.Enter("shop", two); !ok || other == first {
		t.Error("another account: want limits of its own")
	}
	us.Leave(first)
	if again, ok := us.Enter("bank", two); !ok || again != second {
		t.Error("when one has left: want room for one, with the same rate")
	}
}

// New limits hold when nobody is bound under the old ones any more.
func TestUsagesChange(t *testing.T) {
	us := NewUsages()
	old, changed := Limits{Rate: 1, MaxSessions: 1}, Limits{Rate: 2, MaxSessions: 2}
	u, _ := us.Enter("bank", old)
	if _, ok := us.Enter("bank", changed); ok {
		t.Error("beside a session under the old limits: let in, want those to hold")
	}
	us.Leave(u)
	if u, ok := us.Enter("bank", changed); !ok || u.limits != changed {
		t.Errorf("got %+v, want %+v", u.limits, changed)
	}
}

// A rate is not reset by a reconnect, and strangers leave nothing behind.
func TestUsagesKept(t *testing.T) {
	us := NewUsages()
	limits := Limits{Rate: 0.001, Burst: 1, Reject: true}
	u, _ := us.Enter("bank", limits)
	admitted(t, u, 1, 1)
	us.Leave(u)
	u, _ = us.Enter("bank", limits)
	if at, _ := admitted(t, u, 1, 1); len(at) != 0 {
		t.Error("after a reconnect: let through, want the rate to go on")
	}
	for _, name := range []string{"a", "b", "c"} {
		u, _ := us.Enter(name, Limits{MaxSessions: 1})
		us.Leave(u)
	}
	if len(us.by) != 1 {
		t.Errorf("kept %d accounts, want only the one with a rate", len(us.by))
	}
}
