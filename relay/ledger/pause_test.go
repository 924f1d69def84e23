package ledger

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"readback/relay/journal"
	"readback/relay/relaytest"
)

// The appender waits before it looks at the log again, but not when NATS comes back.
func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		connected := make(chan struct{}, 1)
		a := &appender{queue: servedQueue(), metrics: newMetrics(nil), log: (&relaytest.LogLines{}).Logger(), connected: connected}
		ctx, cancel := context.WithCancel(t.Context())
		began, paused := time.Now(), make(chan error, 1)
		pause := func() { go func() { paused <- a.pause(ctx, time.Minute) }(); synctest.Wait() }

		pause()
		if err := <-paused; err != nil || time.Since(began) != time.Minute {
			t.Errorf("got %v after %s, want a minute", err, time.Since(began))
		}
		connected <- struct{}{}
		if pause(); time.Since(began) != time.Minute || len(paused) != 1 || <-paused != nil {
			t.Error("NATS is there: the pause goes on")
		}
		pause()
		cancel()
		if err := <-paused; !errors.Is(err, context.Canceled) || time.Since(began) != time.Minute {
			t.Errorf("end: got %v after %s, want %v at once", err, time.Since(began), context.Canceled)
		}
	})
}

// Waiters that come while the log is away are told, until that ends.
func TestAnswerMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &appender{queue: servedQueue(), metrics: newMetrics(nil), log: (&relaytest.LogLines{}).Logger()}
		end := a.answerMeanwhile()
		told := make(relaytest.Logged, 3)
		b := a.queue.begin(journal.KindRoute)
		b.waits = append(b.waits, wait{told, 1})
		a.queue.end(b)
		synctest.Wait()
		a.queue.tell(wait{told, 2})
		synctest.Wait()
		if len(told) != 2 {
			t.Errorf("got %d told, want 2", len(told))
		}
		end()
		a.queue.tell(wait{told, 3})
		synctest.Wait()
		if len(told) != 2 {
			t.Errorf("got %d told after the end, want 2", len(told))
		}
	})
}

// Dropped records are counted at once, and logged once a minute.
func TestDropsAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lines := &relaytest.LogLines{}
		a := &appender{queue: servedQueue(), metrics: newMetrics(nil), log: lines.Logger()}
		told := make(relaytest.Logged, 9)
		late := func(drops, complaints int) {
			t.Helper()
			a.queue.drops = drops
			a.queue.tell(wait{told, 1})
			a.tellDropped()
			if got := lines.Count("records were dropped"); got != complaints || len(told) != 1 || <-told != 1 {
				t.Errorf("got %d complaints, want %d, and the waiter told", got, complaints)
			}
		}
		late(0, 0)
		late(3, 1)
		late(4, 1)
		time.Sleep(time.Minute) // of the bubble
		late(0, 1)
		time.Sleep(time.Nanosecond)
		late(5, 2)
		time.Sleep(time.Hour)
		late(0, 2)
		if lines.Count("records=3") != 1 || lines.Count("records=9") != 1 {
			t.Errorf("got %q, want 3 and 9 records", lines.All)
		}
	})
}
