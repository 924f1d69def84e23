package feedback

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/message"
)

// taken is a message that was taken from a queue.
type taken struct {
	jetstream.Msg
	settled []string
}

func (*taken) Data() []byte { return []byte(`{"receiver":"447700900123"}`) }

func (*taken) Reply() string { return "reply" }

func (m *taken) Ack() error { m.settled = append(m.settled, "ack"); return nil }

func (m *taken) Term() error { m.settled = append(m.settled, "term"); return nil }

// letters is a JetStream that only stores dead letters.
type letters struct {
	jetstream.JetStream
	refuse error
	stored []*nats.Msg
}

func (l *letters) PublishMsg(_ context.Context, m *nats.Msg, _ ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	if l.refuse != nil {
		return nil, l.refuse
	}
	l.stored = append(l.stored, m)
	return &jetstream.PubAck{}, nil
}

// told is an account with one feedback that is being told.
type told struct {
	*account
	fixture *fixture
	h       *held
	m       *taken
	letters *letters
}

func newSession(t *testing.T, ix *testIndex, keep time.Duration) *told {
	t.Helper()
	f := newFixture(t, ix)
	s := &told{fixture: f, m: &taken{}, letters: &letters{}}
	f.js = s.letters
	f.Use(Settings{FeedbackKeep: keep})
	f.delivery.Backoff = []time.Duration{time.Second, 10 * time.Second, 100 * time.Second}
	s.account = f.accounts.newAccount("bank")
	fb := &message.Feedback{Event: "event", Account: "bank", Sender: "10690001", Receiver: "447700900123", ReceivedAt: time.Now()}
	s.schedule.add(7, s.m, fb, time.Now())
	s.take(t)
	return s
}

// take takes the feedback as a session does.
func (s *told) take(t *testing.T) {
	t.Helper()
	if s.h, _ = s.schedule.nextAlone(time.Now()); s.h == nil {
		t.Fatal("no feedback to tell")
	}
}

// wantCounted checks that one feedback is counted, with the outcome want.
func (s *told) wantCounted(t *testing.T, want string) {
	t.Helper()
	for _, outcome := range []string{"delivered", "retried", "dead", "expired", "erased"} {
		if got := s.fixture.counted(outcome); got != 0 && outcome != want || got != 1 && outcome == want {
			t.Errorf("%s: got %v, want 1 of %s alone", outcome, got, want)
		}
	}
}

func answering(err error) message.Teller {
	return func(context.Context, *message.Feedback) error { return err }
}

// A feedback is settled when the ESME has accepted it, when it is a dead letter, and when it was
// erased. Otherwise it stays.
func TestWhatBecomesOfATell(t *testing.T) {
	refusal, final := errors.New("ESME_RX_T_APPN"), message.Permanent(errors.New("ESME_RX_P_APPN"))
	ix := newTestIndex(t)
	tests := []struct {
		name    string
		answer  error
		prepare func(*told)
		settled string // how; "": it stays
		letters int
		tries   int
		counted string
	}{
		{"told", nil, func(*told) {}, "[ack]", 0, 0, "delivered"},
		{"refused", refusal, func(*told) {}, "[]", 0, 1, "retried"},
		{"refused for good", final, func(*told) {}, "[term]", 1, 0, "dead"},
		{"refused for good, no room for dead letters", final, func(s *told) {
			s.letters.refuse = nats.ErrNoResponders
		}, "[]", 0, 1, "retried"},
		{"waited too long", nil, func(s *told) { s.h.at = s.h.at.Add(-time.Hour) }, "[term]", 1, 0, "expired"},
		{"waited too long, no room for dead letters", nil, func(s *told) {
			s.h.at, s.letters.refuse = s.h.at.Add(-time.Hour), nats.ErrNoResponders
		}, "[]", 0, 1, "retried"},
		{"erased, refused", refusal, func(s *told) {
			s.erasures.note(s.h.conversation().Receiver, time.Now())
		}, "[term]", 0, 0, "erased"},
		{"erased, refused for good", final, func(s *told) {
			s.erasures.note(s.h.conversation().Receiver, time.Now())
		}, "[term]", 0, 0, "erased"},
		{"erased, told", nil, func(s *told) {
			s.erasures.note(s.h.conversation().Receiver, time.Now())
		}, "[ack]", 0, 0, "delivered"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSession(t, ix, time.Hour)
				tt.prepare(s)
				s.deliver(t.Context(), s.h, answering(tt.answer))
				if got := fmt.Sprint(s.m.settled); got != tt.settled {
					t.Errorf("settled: got %s, want %s", got, tt.settled)
				}
				if got := len(s.letters.stored); got != tt.letters {
					t.Errorf("dead letters: got %d, want %d", got, tt.letters)
				}
				stays := tt.settled == "[]"
				if (s.schedule.held[7] != nil) != stays || s.schedule.telling != 0 || s.h.tries != tt.tries {
					t.Errorf("got held %v, %d being told, %d tries, want held %v, none, %d", s.schedule.held, s.schedule.telling, s.h.tries, stays, tt.tries)
				}
				if how := s.schedule.settled[7]; (how == nil) != stays {
					t.Errorf("remembered as settled: got %v, want %v", how != nil, !stays)
				}
				if stays && !s.h.due.After(time.Now()) {
					t.Errorf("told again at %s, want later than now", s.h.due)
				}
				s.wantCounted(t, tt.counted)
			})
		})
	}
}

// A message that comes again after it was settled is acknowledged the same way, because the
// first acknowledgement may have been lost.
func TestComesAgainAfterItWasSettled(t *testing.T) {
	ix := newTestIndex(t)
	for want, answer := range map[string]error{"ack": nil, "term": message.Permanent(errors.New("ESME_RX_P_APPN"))} {
		s := newSession(t, ix, time.Hour)
		s.deliver(t.Context(), s.h, answering(answer))
		again := &taken{}
		if err := s.schedule.settled[7](again); err != nil || fmt.Sprint(again.settled) != "["+want+"]" {
			t.Errorf("got %v, %v, want %s", again.settled, err, want)
		}
	}
}

// Each refusal puts the feedback off for longer, up to the last step.
func TestBackoffGrows(t *testing.T) {
	ix := newTestIndex(t)
	synctest.Test(t, func(t *testing.T) {
		s := newSession(t, ix, time.Hour)
		for i, step := range []time.Duration{time.Second, 10 * time.Second, 100 * time.Second, 100 * time.Second} {
			s.deliver(t.Context(), s.h, answering(errors.New("ESME_RX_T_APPN")))
			wait := time.Until(s.h.due)
			if least, most := step-step/4, step+step/4; wait < least || wait > most {
				t.Errorf("refusal %d: told again after %s, want %s to %s", i+1, wait, least, most)
			}
			if h, again := s.schedule.nextAlone(time.Now()); h != nil || !again.Equal(s.h.due) {
				t.Errorf("refusal %d: got %v at once, want it at %s", i+1, h, s.h.due)
			}
			time.Sleep(wait)
			s.take(t)
		}
		s.deliver(t.Context(), s.h, answering(message.Permanent(errors.New("ESME_RX_P_APPN"))))
		if got := s.letters.stored[0].Header.Get(headerTries); got != "5" {
			t.Errorf("tries of the dead letter: got %s, want 5", got)
		}
	})
}

// A feedback is not delivered again before the time that the ESME has named, and not much later.
func TestNotBefore(t *testing.T) {
	ix := newTestIndex(t)
	synctest.Test(t, func(t *testing.T) {
		s := newSession(t, ix, time.Hour)
		s.deliver(t.Context(), s.h, answering(message.Later(errors.New("429"), time.Minute)))
		if wait := time.Until(s.h.due); wait != time.Minute {
			t.Errorf("told again after %s, want a minute", wait)
		}
		time.Sleep(time.Minute)
		s.take(t)
		s.deliver(t.Context(), s.h, answering(message.Later(errors.New("429"), time.Second)))
		if wait := time.Until(s.h.due); wait < 7500*time.Millisecond {
			t.Errorf("told again after %s, want ten seconds, give or take a quarter", wait)
		}
	})
}

// An ESME that does not answer is asked again. Feedback of a session that has ended goes to the
// next one at once, and does not count as refused.
func TestTellTimesOut(t *testing.T) {
	ix := newTestIndex(t)
	waits := func(ctx context.Context, _ *message.Feedback) error { <-ctx.Done(); return ctx.Err() }
	synctest.Test(t, func(t *testing.T) {
		s := newSession(t, ix, time.Hour)
		began := time.Now()
		s.deliver(t.Context(), s.h, waits)
		if took := time.Since(began); took != s.delivery.TellTimeout || s.h.tries != 1 || !s.h.due.After(time.Now()) {
			t.Errorf("no answer: got %d tries after %s, due %s, want one after %s", s.h.tries, took, s.h.due, s.delivery.TellTimeout)
		}
		time.Sleep(time.Minute)
		s.take(t)
		ctx, leave := context.WithCancel(t.Context())
		leave()
		s.deliver(ctx, s.h, waits)
		if s.h.tries != 1 || len(s.m.settled) != 0 {
			t.Errorf("session ended: got %d tries, settled %v, want one and not", s.h.tries, s.m.settled)
		}
		s.take(t) // at once
	})
}

// A feedback is not delivered if the SMSC's receipt was released before the message was read.
func TestSuperseded(t *testing.T) {
	s := newSession(t, newTestIndex(t), time.Hour)
	s.settings.Store(&Settings{FeedbackKeep: time.Hour, Account: func(string) AccountSettings {
		return AccountSettings{HoldReceipt: time.Minute}
	}})
	s.h.fb.MessageIDs, s.h.fb.DeliveredAt = []string{"id1"}, s.h.fb.ReceivedAt.Add(-time.Minute)
	s.deliver(t.Context(), s.h, func(context.Context, *message.Feedback) error {
		t.Error("told, want that it is not")
		return nil
	})
	if got := fmt.Sprint(s.m.settled); got != "[term]" || s.schedule.held[7] != nil {
		t.Errorf("settled: got %s, want that it is terminated", got)
	}
}

// A dead letter is stored even if the session ends at that moment.
func TestDeadLetterOutlivesTheSession(t *testing.T) {
	s := newSession(t, newTestIndex(t), time.Hour)
	ctx, leave := context.WithCancel(t.Context())
	leave()
	s.fixture.js = contextual{s.letters}
	s.deliver(ctx, s.h, answering(message.Permanent(errors.New("ESME_RX_P_APPN"))))
	if len(s.letters.stored) != 1 || fmt.Sprint(s.m.settled) != "[term]" {
		t.Errorf("got %d letters, settled %v, want one and that it is terminated", len(s.letters.stored), s.m.settled)
	}
}

// contextual is a JetStream that stores a message only while the context lasts.
type contextual struct{ *letters }

func (c contextual) PublishMsg(ctx context.Context, m *nats.Msg, opts ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return c.letters.PublishMsg(ctx, m, opts...)
}

// Of the errors that a Teller allows a number of, the last one is permanent. Others do not count.
func TestLastOfAllowedErrors(t *testing.T) {
	refusal := errors.New("400")
	synctest.Test(t, func(t *testing.T) {
		s := newSession(t, newTestIndex(t), time.Hour)
		for i, err := range []error{message.AtMost(3, refusal), refusal, message.AtMost(3, refusal)} {
			s.deliver(t.Context(), s.h, answering(err))
			if len(s.letters.stored) > 0 {
				t.Fatalf("after error %d: got a dead letter, want none yet", i+1)
			}
			time.Sleep(time.Until(s.h.due))
			s.take(t)
		}
		s.deliver(t.Context(), s.h, answering(message.AtMost(3, refusal)))
		if len(s.letters.stored) != 1 || fmt.Sprint(s.m.settled) != "[term]" {
			t.Errorf("got %d letters, settled %v, want one and that it is terminated", len(s.letters.stored), s.m.settled)
		}
	})
}
