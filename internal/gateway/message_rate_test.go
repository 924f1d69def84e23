package gateway

import (
	"testing"
	"time"

	"readback/internal/account"
	"readback/internal/testpeer"
)

func TestMessageRate(t *testing.T) {
	var r messageRate
	at := func(s float64) time.Time { return time.UnixMilli(1_800_000_000_000 + int64(s*1000)) }
	for _, s := range []float64{0, 0.1, 0.9, 1.5, 3.2, 3.3} {
		r.count(at(s))
		if s == 0.9 || s == 1.5 {
			if all, second := r.look(at(1.9)); second != 3 || all != map[float64]uint64{0.9: 3, 1.5: 4}[s] {
				t.Errorf("at 1.9 after %v: got %d, %d in the second before", s, all, second)
			}
		}
	}
	r.count(at(2.8)) // it waited to be read, and counts in the second of the one before it
	for now, want := range map[float64]uint64{3.9: 0, 4: 3, 4.9: 3, 5: 0, 2.9: 0} {
		if all, second := r.look(at(now)); all != 7 || second != want {
			t.Errorf("at %v: got %d, %d in the second before; want 7, %d", now, all, second, want)
		}
	}
	r.count(at(-7200)) // the clock was set back
	r.count(at(-7199.5))
	if all, second := r.look(at(-7199)); all != 9 || second != 2 {
		t.Errorf("after the clock was set back: got %d, %d in the second before; want 9, 2", all, second)
	}
}

// Messages that an account's rate holds back count when they are passed on: they came seconds before.
func TestLastSecondOfHeldMessages(t *testing.T) {
	account := Account{Limits: account.Limits{Rate: 2, Burst: 1}}
	inBothModes(t, setup{inMemory: true}, account, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(1250 * time.Millisecond))) // so that no message passes on the second
		for seq := range uint32(9) {
			esme.Send(text(receiver, 10+seq))
		}
		for range 6 {
			smsc.Next("submit_sm")
		}
		time.Sleep(499 * time.Millisecond) // 2.999 s after the first
		if s := w.Sessions()[0]; s.LastSecond != 2 || s.Held == 0 {
			t.Errorf("got %d messages in the last second, %d held; want 2, and some held", s.LastSecond, s.Held)
		}
	})
}
