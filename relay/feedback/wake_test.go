package feedback

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// A feedback wakes the session that it is for, and no other as long as that one takes it.
func TestWhomAFeedbackWakes(t *testing.T) {
	for _, tt := range []struct {
		name          string
		prepare       func(o *schedule, first *session)
		first, second int // how many wake
	}{
		{"it is there", func(*schedule, *session) {}, 1, 0},
		{"it has left", func(o *schedule, _ *session) { delete(o.sessions, 1) }, 1, 1},
		{"it rests", func(_ *schedule, first *session) { first.rests = time.Now().Add(time.Minute) }, 1, 1},
		{"too much is held", func(o *schedule, _ *session) {
			for i := range uint64(maxHeld) {
				o.held[100+i] = new(held)
			}
		}, 1, 1},
	} {
		o, first, second := two()
		a := &account{schedule: o, waiting: map[*session]bool{first: true, second: true}}
		first.changed, second.changed = make(chan struct{}, 1), make(chan struct{}, 1)
		tt.prepare(o, first)
		a.wakeFor(o.held[1])
		if len(first.changed) != tt.first || len(second.changed) != tt.second {
			t.Errorf("%s: got %d and %d awake, want %d and %d", tt.name, len(first.changed), len(second.changed), tt.first, tt.second)
		}
	}
}

// A session that had as much as it may have at once notices what becomes due later.
func TestFullSessionLooksAgain(t *testing.T) {
	ix := newTestIndex(t)
	synctest.Test(t, func(t *testing.T) {
		s := newSessions(t, ix)
		s.Use(Settings{FeedbackKeep: time.Hour, Account: func(string) AccountSettings { return AccountSettings{Tells: 1} }})
		ctx, end := context.WithCancel(t.Context())
		a := s.answered(ctx)
		enqueue(a, 1)
		if got := <-s.asked; got != 1 {
			t.Fatalf("told %d, want 1", got)
		}
		enqueue(a, 2)
		a.change(func(o *schedule) { o.order[1].due = time.Now().Add(time.Minute) })
		synctest.Wait()
		s.answer <- nil
		began := time.Now()
		if got := <-s.asked; got != 2 || time.Since(began) != time.Minute {
			t.Errorf("told %d after %v, want 2 after a minute", got, time.Since(began))
		}
		s.answer <- nil
		end()
		if err := <-s.done; err != nil {
			t.Error(err)
		}
	})
}

// One session may be given what is due as soon as it has answered, without waking another goroutine for it.
func TestSessionGoesOn(t *testing.T) {
	o := orderOf(orderBegan, 1, 2)
	o.limits.most = 1
	own := &session{changed: make(chan struct{}, 1)}
	f := newFixture(t, newTestIndex(t))
	a := f.accounts.newAccount("bank")
	a.schedule = o
	if h := a.another(t.Context(), own); h == nil || h.seq != 1 {
		t.Fatalf("got %+v, want the first", h)
	}
	if h := a.another(t.Context(), own); h != nil {
		t.Errorf("a full session: got %d", h.seq)
	}
	o.done(o.held[1], nil)
	over, end := context.WithCancel(t.Context())
	end()
	if h := a.another(over, own); h != nil {
		t.Errorf("a session that has ended: got %d", h.seq)
	}
	f.recorder.down.Store(true)
	if h := a.another(t.Context(), own); h != nil {
		t.Errorf("while the ledger is down: got %d", h.seq)
	}
	f.recorder.down.Store(false)
	if h := a.another(t.Context(), own); h == nil || h.seq != 2 {
		t.Errorf("got %+v, want the second", h)
	}
}

// The account is idle when the last delivery is settled or put off: then the rest goes back to the queue.
func TestIdleAfterTheLastDelivery(t *testing.T) {
	for name, end := range map[string]func(*told){
		"settled": func(s *told) { s.settled(s.h, "delivered") },
		"put off": func(s *told) { s.retry(s.h, context.DeadlineExceeded) },
	} {
		s := newSession(t, newTestIndex(t), time.Hour)
		if len(s.idle) > 0 {
			t.Errorf("%s: idle while a feedback is being delivered", name)
		}
		if end(s); len(s.idle) != 1 {
			t.Errorf("%s: nobody is told", name)
		}
	}
}
