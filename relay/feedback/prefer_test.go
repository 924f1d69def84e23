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

// two is a schedule with two sessions. It holds feedback that is for the first, the second and any session.
func two() (o *schedule, first, second *session) {
	o = orderOf(orderBegan, 1, 2, 3)
	first, second = &session{id: 1}, &session{id: 2}
	o.sessions[1], o.sessions[2] = first, second
	o.held[1].prefers, o.held[2].prefers = 1, 2
	return o, first, second
}

// takes returns what a session gets, one after the other.
func (s *session) takes(o *schedule) (seqs []uint64) {
	for h, _ := o.next(orderBegan, s); h != nil; h, _ = o.next(orderBegan, s) {
		seqs = append(seqs, h.seq)
	}
	return seqs
}

// Feedback waits for the session that it is for while that is there, does not rest and does not hold up too much.
func TestFeedbackIsForASession(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(o *schedule, first *session)
		want   string // of the second session, before the first one asks
	}{
		{"it is there", func(*schedule, *session) {}, "[2 3]"},
		{"it has left", func(o *schedule, _ *session) { delete(o.sessions, 1) }, "[1 2 3]"},
		{"it rests", func(_ *schedule, first *session) { first.rests = orderBegan.Add(1) }, "[1 2 3]"},
		{"it has enough", func(o *schedule, first *session) { first.telling = o.limits.most }, "[2 3]"},
		{"its conversation is behind another", func(o *schedule, _ *session) {
			fb := *o.held[1].fb
			fb.Receiver = o.held[2].fb.Receiver
			o.done(o.held[1], nil)
			o.add(1, nil, &fb, orderBegan).prefers = 1
		}, "[3]"},
		{"the queue hands out no more", func(o *schedule, _ *session) {
			o.limits.most = 2 * maxHeld
			for seq := uint64(4); len(o.held) < maxHeld; seq++ {
				o.add(seq, nil, &message.Feedback{Sender: "s", Receiver: "late"}, orderBegan)
			}
		}, "[1 2 3 4]"},
	} {
		o, first, second := two()
		tt.change(o, first)
		if got := second.takes(o); fmt.Sprint(got) != tt.want {
			t.Errorf("%s: got %v, want %s", tt.name, got, tt.want)
		}
	}
}

// A session that has as much as it may have at once keeps no other from its own.
func TestEachSessionHasItsLimit(t *testing.T) {
	o, first, second := two()
	o.limits.most = 1
	if got := first.takes(o); fmt.Sprint(got) != "[1]" {
		t.Errorf("first: got %v, want [1]", got)
	}
	if got := second.takes(o); fmt.Sprint(got) != "[2]" {
		t.Errorf("second: got %v, want [2]", got)
	}
	o.done(o.held[1], nil)
	if got := first.takes(o); fmt.Sprint(got) != "[3]" || first.telling != 1 || o.telling != 2 {
		t.Errorf("first again: got %v, and %d of %d being told, want [3], and 1 of 2", got, first.telling, o.telling)
	}
}

// The session that took the receipt gets the feedback that waited for it.
func TestReceiptNamesTheSession(t *testing.T) {
	o, first, second := two()
	o.held[1].await(orderBegan.Add(time.Minute))
	o.passed(o.held[1].conversation(), 1, 2)
	if got := first.takes(o); fmt.Sprint(got) != "[3]" {
		t.Errorf("first: got %v, want [3]", got)
	}
	if got := second.takes(o); fmt.Sprint(got) != "[1 2]" {
		t.Errorf("second: got %v, want [1 2]", got)
	}
}

// toldTo is a feedback that a session was told.
type toldTo struct {
	session message.Session
	number  uint16
}

// A session that refuses a feedback for now gets it again. If it leaves one unanswered, another session gets
// that, and what else is for it, until it has rested. What is for a session that has left is for any.
func TestSessionThatDoesNotAnswer(t *testing.T) {
	ix := newTestIndex(t)
	synctest.Test(t, func(t *testing.T) {
		s := newSessions(t, ix)
		told := make(chan toldTo, 8)
		answers := make(chan error, 8) // of the first session; the second takes everything
		begin := func(ctx context.Context, id message.Session) {
			go func() {
				s.done <- s.Deliver(ctx, "bank", id, func(_ context.Context, fb *message.Feedback) error {
					told <- toldTo{id, fb.Number}
					if id == 1 {
						return <-answers
					}
					return nil
				})
			}()
			synctest.Wait()
		}
		ctx, end := context.WithCancel(t.Context())
		leaving, leave := context.WithCancel(ctx)
		begin(leaving, 1)
		begin(ctx, 2)
		a := s.accounts.all["bank"]
		forFirst := func(number uint16) {
			fb := &message.Feedback{Sender: "s", Receiver: fmt.Sprint(number), Number: number}
			a.change(func(o *schedule) { o.add(uint64(number), &taken{}, fb, time.Now()).prefers = 1 })
		}
		want := func(name string, id message.Session, number uint16) {
			t.Helper()
			if got := <-told; got != (toldTo{id, number}) {
				t.Errorf("%s: got %+v, want session %d told of number %d", name, got, id, number)
			}
		}
		refused := errors.New("ESME_RX_T_APPN")
		for _, err := range []error{refused, nil, message.Unanswered(refused), nil} {
			answers <- err
		}
		forFirst(1)
		want("at once", 1, 1)
		want("after a refusal", 1, 1)
		synctest.Wait() // it has taken its answer
		forFirst(2)
		want("which it does not answer", 1, 2)
		want("after that", 2, 2)
		forFirst(3)
		want("while it rests", 2, 3)
		time.Sleep(restTime)
		forFirst(4)
		want("when it has rested", 1, 4)
		leave()
		synctest.Wait()
		forFirst(5)
		want("when it has left", 2, 5)
		end()
		for range 2 {
			if err := <-s.done; err != nil {
				t.Error(err)
			}
		}
	})
}

// An only session does not rest.
func TestOnlySessionDoesNotRest(t *testing.T) {
	o := orderOf(orderBegan, 1)
	only := &session{id: 1, rests: orderBegan.Add(restTime)}
	o.sessions[1] = only
	if h, _ := o.next(orderBegan, only); h == nil {
		t.Error("it gets nothing")
	}
}
