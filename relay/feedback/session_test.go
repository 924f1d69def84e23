package feedback

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"readback/relay/message"
)

// sessions is a service without NATS. The test fills its queues.
type sessions struct {
	*fixture
	asked  chan uint16 // numbers of what is being told
	answer chan error
	done   chan error // of Deliver
}

func newSessions(t *testing.T, ix *testIndex) *sessions {
	t.Helper()
	f := newFixture(t, ix) // nothing is taken from its queues
	f.delivery.Backoff = []time.Duration{time.Second, 100 * time.Second}
	return &sessions{fixture: f, asked: make(chan uint16, 8), answer: make(chan error), done: make(chan error, 8)}
}

// answered starts a session of the account bank. The test answers each feedback.
func (s *sessions) answered(ctx context.Context) *account {
	go func() {
		s.done <- s.Deliver(ctx, "bank", 0, func(ctx context.Context, fb *message.Feedback) error {
			if ctx.Err() != nil { // the session is about to end
				return ctx.Err()
			}
			s.asked <- fb.Number
			select {
			case err := <-s.answer:
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	synctest.Wait()
	s.accounts.mu.Lock()
	defer s.accounts.mu.Unlock()
	return s.accounts.all["bank"]
}

// enqueue puts a feedback in the queue, each in a conversation of its own.
func enqueue(a *account, number uint16) *taken {
	m := &taken{}
	fb := &message.Feedback{Sender: "s", Receiver: fmt.Sprint(number), Number: number}
	a.change(func(o *schedule) { o.add(uint64(number), m, fb, time.Now()) })
	return m
}

// A session ends when its last feedback has been answered, and is then forgotten.
func TestSessionLeaves(t *testing.T) {
	ix := newTestIndex(t)
	leaves := []struct {
		name    string
		leave   func(s *sessions, end context.CancelCauseFunc)
		settled string
		want    error
	}{
		{"it ends", func(_ *sessions, end context.CancelCauseFunc) { end(nil) }, "[]", nil},
		{"no more is to be told", func(s *sessions, end context.CancelCauseFunc) {
			end(ErrNoMore)
			synctest.Wait()
			if len(s.done) > 0 {
				t.Error("the session ended before what it tells")
			}
			s.answer <- nil
			s.answer <- nil
		}, "[ack]", nil},
		{"the service stops", func(s *sessions, _ context.CancelCauseFunc) { s.accounts.stop() }, "[]", ErrStopped},
		{"the service stops when no more is to be told", func(s *sessions, end context.CancelCauseFunc) {
			end(ErrNoMore)
			synctest.Wait()
			s.accounts.stop()
		}, "[]", nil},
	}
	for _, tt := range leaves {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSessions(t, ix)
				ctx, end := context.WithCancelCause(t.Context())
				defer end(nil)
				a := s.answered(ctx)
				m, other := enqueue(a, 1), enqueue(a, 2)
				synctest.Wait()
				if len(s.asked) != 2 {
					t.Fatalf("told at once: got %d, want both", len(s.asked))
				}
				began := time.Now()
				tt.leave(s, end)
				if err := <-s.done; !errors.Is(err, tt.want) || time.Since(began) != 0 {
					t.Errorf("got %v after %s, want %v at once", err, time.Since(began), tt.want)
				}
				if got := fmt.Sprint(m.settled); got != tt.settled || fmt.Sprint(other.settled) != tt.settled {
					t.Errorf("settled: got %s and %v, want %s", got, other.settled, tt.settled)
				}
				if a.schedule.telling != 0 {
					t.Errorf("being told: got %d, want none", a.schedule.telling)
				}
				if got := s.accounts.sessions(); got["bank"] != 0 {
					t.Errorf("sessions: got %v, want none", got)
				}
			})
		})
	}
}

// A service that has stopped takes no session.
func TestNoSessionAfterTheStop(t *testing.T) {
	s := newSessions(t, newTestIndex(t))
	s.accounts.stop()
	if err := s.Deliver(t.Context(), "bank", 0, answering(nil)); !errors.Is(err, ErrStopped) {
		t.Errorf("got %v, want that it has stopped", err)
	}
}

// A refused feedback is delivered again when it is due. Feedback that comes meanwhile is
// delivered at once.
func TestPutOffIsDue(t *testing.T) {
	ix := newTestIndex(t)
	synctest.Test(t, func(t *testing.T) {
		s := newSessions(t, ix)
		ctx, end := context.WithCancel(t.Context())
		a := s.answered(ctx)
		want := func(name string, numbers string) {
			t.Helper()
			synctest.Wait()
			var got []uint16
			for len(s.asked) > 0 {
				got = append(got, <-s.asked)
			}
			if fmt.Sprint(got) != numbers {
				t.Errorf("%s: told %v, want %s", name, got, numbers)
			}
		}
		enqueue(a, 1)
		want("at once", "[1]")
		s.answer <- errors.New("ESME_RX_T_APPN")
		want("refused", "[]")
		if got := <-s.asked; got != 1 {
			t.Errorf("when it is due: told %d, want 1", got)
		}
		s.answer <- errors.New("ESME_RX_T_APPN")
		want("refused again", "[]")
		enqueue(a, 2)
		want("one that came meanwhile", "[2]")
		s.answer <- nil
		time.Sleep(time.Minute)
		want("in a minute", "[]")
		if got := <-s.asked; got != 1 {
			t.Errorf("when it is due again: told %d, want 1", got)
		}
		s.answer <- nil
		end()
		if err := <-s.done; err != nil {
			t.Error(err)
		}
		if got := s.counted("retried"); got != 2 {
			t.Errorf("retried: got %v, want 2", got)
		}
	})
}

// What is being told when the caller of DeliverWaiting ends may come to its end, for a bounded time.
func TestToldToItsEnd(t *testing.T) {
	ix := newTestIndex(t)
	synctest.Test(t, func(t *testing.T) {
		s := newSessions(t, ix)
		s.accounts.waiting.add("bank")
		ctx, end := context.WithCancel(t.Context())
		telling, done := make(chan context.Context, 1), make(chan struct{})
		go func() {
			defer close(done)
			s.DeliverWaiting(ctx, func(string) bool { return true }, func(ctx context.Context, _ *message.Feedback) error {
				telling <- ctx
				<-ctx.Done()
				return ctx.Err()
			})
		}()
		synctest.Wait()
		s.accounts.mu.Lock()
		a := s.accounts.all["bank"]
		s.accounts.mu.Unlock()
		enqueue(a, 1)
		one := <-telling
		end()
		synctest.Wait()
		if one.Err() != nil {
			t.Error("it was cut off at once")
		}
		began := time.Now()
		if <-done; time.Since(began) != stopTime {
			t.Errorf("the end came after %s, want %s", time.Since(began), stopTime)
		}
	})
}

// While the ledger is down no feedback is begun. When it is up again feedback goes on at once.
func TestNothingIsToldWhileDown(t *testing.T) {
	ix := newTestIndex(t)
	synctest.Test(t, func(t *testing.T) {
		s := newSessions(t, ix)
		ctx, end := context.WithCancel(t.Context())
		a := s.answered(ctx)
		s.recorder.down.Store(true)
		enqueue(a, 1)
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(s.asked) > 0 {
			t.Errorf("told %d, want nothing", <-s.asked)
		}
		s.recorder.down.Store(false)
		began := time.Now()
		if got := <-s.asked; got != 1 || time.Since(began) > upCheck {
			t.Errorf("told %d after %s, want 1 within %s", got, time.Since(began), upCheck)
		}
		s.answer <- nil
		end()
		if err := <-s.done; err != nil {
			t.Error(err)
		}
	})
}
