package feedback

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"readback/relay/relaytest"
)

// A look at the held receipts notes when the next one is due.
func TestNextHeldReceipt(t *testing.T) {
	f := holdingFixture(t)
	look := func(now, want time.Time, what string) {
		t.Helper()
		if err := f.releaseDue(relaytest.Deadline(t), now); err != nil {
			t.Fatal(err)
		}
		if !f.next.Equal(want) {
			t.Errorf("%s: the next look is after %s, want %s", what, f.next.Sub(now), want.Sub(now))
		}
	}
	now := time.Now()
	look(now, now.Add(heldSeldom), "nothing is held")
	c := relaytest.Conversation(t, "10690001", "447700900123")
	f.send(c, 1, "id1")
	if !f.hold(c, "id1") {
		t.Fatal("the receipt is not held")
	}
	_, h := f.firstHeld()
	due := h.At.Add(time.Hour + heldMargin)
	look(now, now.Add(heldSeldom), "due in an hour")
	look(due.Add(-5*time.Second), due, "due in five seconds")
	look(due, due.Add(heldSeldom), "released")
}

// Whoever waits for the next receipt is woken when another one is held, when receipts are erased, and when
// the settings change.
func TestHeldReceiptsWake(t *testing.T) {
	f := holdingFixture(t)
	woken := func(want bool, what string) {
		t.Helper()
		select {
		case <-f.changed:
			if !want {
				t.Errorf("%s: woken", what)
			}
		default:
			if want {
				t.Errorf("%s: not woken", what)
			}
		}
	}
	woken(true, "the settings changed")
	c := relaytest.Conversation(t, "10690001", "447700900123")
	f.send(c, 1, "id1")
	woken(false, "nothing happened")
	f.hold(c, "id1")
	woken(true, "a receipt is held")
	if err := f.Erase(relaytest.Deadline(t), c.Receiver, time.Now()); err != nil {
		t.Fatal(err)
	}
	woken(true, "a receiver is erased")
}

// The wait ends when a receipt is due, when that may have changed, and when the service stops.
func TestHeldReceiptsSleep(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(hs *heldReceipts, cancel context.CancelFunc)
		want time.Duration
	}{
		{"due", func(*heldReceipts, context.CancelFunc) {}, 10 * time.Second},
		{"changed", func(hs *heldReceipts, _ context.CancelFunc) { hs.wake() }, time.Second},
		{"stopped", func(_ *heldReceipts, cancel context.CancelFunc) { cancel() }, time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hs, began := newHeldReceipts(nil, nil, nil), time.Now()
				hs.next = began.Add(10 * time.Second)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				time.AfterFunc(time.Second, func() { tt.end(hs, cancel) })
				hs.sleep(ctx)
				if took := time.Since(began); took != tt.want {
					t.Errorf("it took %s, want %s", took, tt.want)
				}
			})
		})
	}
}
