package feedback

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"readback/relay/message"
	"readback/relay/relaytest"
)

// hooked runs DeliverWaiting until the test ends.
func (f *fixture) hooked(wanted func(string) bool, tell message.Teller) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.DeliverWaiting(ctx, wanted, tell)
	}()
	f.t.Cleanup(func() { cancel(); <-done })
}

func TestDeliverWaiting(t *testing.T) {
	f := servedFixture(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	var mu sync.Mutex
	wanted := map[string]bool{"shop": true}
	told := make(chan string, 16)
	f.fill("shop", c, "id1") // before anybody asks
	f.hooked(func(account string) bool {
		mu.Lock()
		defer mu.Unlock()
		return wanted[account]
	}, func(_ context.Context, fb *message.Feedback) error {
		told <- fb.Account
		return nil
	})
	if got := relaytest.Receive(t, told); got != "shop" {
		t.Errorf("told: got %s", got)
	}
	f.wantMessages(queueStream, 0)
	if err := f.sweep(relaytest.Deadline(t)); err != nil { // nothing waits: the delivery ends
		t.Fatal(err)
	}
	for f.accounts.sessions()["shop"] != 0 {
		runtime.Gosched()
	}
	f.fill("bank", c, "id1") // not wanted
	f.fill("shop", c, "id2")
	if got := relaytest.Receive(t, told); got != "shop" {
		t.Errorf("told after a pause: got %s", got)
	}
	mu.Lock()
	wanted["bank"] = true
	mu.Unlock()
	f.Use(*f.settings.Load())
	if got := relaytest.Receive(t, told); got != "bank" {
		t.Errorf("told after a change: got %s", got)
	}
}

func TestTellerSaysWhen(t *testing.T) {
	f := servedFixture(t)
	f.fill("bank", relaytest.Conversation(t, "10690001", "447700900123"), "id1")
	type told struct {
		tries int
		at    time.Time
	}
	tells, tries := make(chan told, 4), 0
	f.deliver("bank", func(_ context.Context, _ *message.Feedback) error {
		tells <- told{tries, time.Now()}
		if tries++; tries < 3 {
			return message.Later(errors.New("429"), 100*time.Millisecond)
		}
		return nil
	})
	first, second, third := relaytest.Receive(t, tells), relaytest.Receive(t, tells), relaytest.Receive(t, tells)
	if first.tries != 0 || second.tries != 1 || third.tries != 2 {
		t.Errorf("tries: got %d, %d, %d, want 0, 1, 2", first.tries, second.tries, third.tries)
	}
	if wait := second.at.Sub(first.at); wait < 100*time.Millisecond { // Backoff is 5 ms here
		t.Errorf("told again after %v, want 100 ms at least", wait)
	}
	f.wantMessages(queueStream, 0)
}

// The rate and the number of tells follow the settings, of a session that is there, too.
func TestLimitsFollowTheSettings(t *testing.T) {
	f := servedFixture(t)
	f.Use(Settings{Account: func(string) AccountSettings { return AccountSettings{Rate: 10} }})
	f.told("bank")
	limitsNow := func() (l limits) {
		for ctx := relaytest.Deadline(t); ctx.Err() == nil; runtime.Gosched() {
			f.accounts.mu.Lock()
			a := f.accounts.all["bank"]
			f.accounts.mu.Unlock()
			if a != nil {
				a.change(func(o *schedule) { l = o.limits })
				return l
			}
		}
		t.Fatal("the session does not join")
		return l
	}
	if got, want := limitsNow(), (limits{most: maxTells, every: 100 * time.Millisecond}); got != want {
		t.Errorf("at first: got %+v, want %+v", got, want)
	}
	f.Use(Settings{Account: func(string) AccountSettings { return AccountSettings{Tells: 2} }})
	if got, want := limitsNow(), (limits{most: 2}); got != want {
		t.Errorf("after a change: got %+v, want %+v", got, want)
	}
}
