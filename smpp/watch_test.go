package smpp

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// since checks how much virtual time went by.
func since(t *testing.T, what string, start time.Time, want time.Duration) {
	t.Helper()
	if got := time.Since(start); got != want {
		t.Errorf("%s: got after %v, want after %v", what, got, want)
	}
}

func TestWatchAsksAndGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, BoundTRX, Options{Timers: Timers{EnquireLink: 30 * time.Second, Answer: 10 * time.Second}}, fakeHandler{})
		begin := time.Now()
		s.peer.want(pdu.EnquireLinkID, 0, OwnSeq)
		since(t, "enquire_link", begin, 30*time.Second)
		s.peer.send(request(pdu.EnquireLinkRespID, OwnSeq))
		begin = time.Now()
		s.peer.want(pdu.EnquireLinkID, 0, OwnSeq+1)
		since(t, "the next", begin, 30*time.Second)
		s.peer.wantEnd()
		since(t, "end of a silent peer", begin, 40*time.Second)
		s.wantReason(ErrDead)
	})
}

// A bind may come at any time: from then on the peer is asked.
func TestWatchAsksAfterBind(t *testing.T) {
	for _, init := range []time.Duration{0, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			s := start(t, Open, Options{Timers: Timers{SessionInit: init, EnquireLink: 10 * time.Second}}, fakeHandler{})
			time.AfterFunc(time.Second, func() { s.SetState(BoundTX) })
			begin := time.Now()
			s.peer.want(pdu.EnquireLinkID, 0, OwnSeq)
			since(t, "enquire_link", begin, 10*time.Second)
		})
	}
}

func TestWatchNoBind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, Open, Options{Timers: Timers{SessionInit: 5 * time.Second}}, fakeHandler{})
		begin := time.Now()
		s.peer.send(request(pdu.EnquireLinkID, 1))
		s.peer.want(pdu.EnquireLinkRespID, 0, 1)
		s.peer.wantEnd()
		since(t, "end", begin, 5*time.Second)
		s.wantReason(ErrNoBind)
	})
}

func TestWatchInactive(t *testing.T) {
	tests := []struct {
		name   string
		answer func(s running)
		after  time.Duration
	}{
		{"answered", func(s running) { s.peer.send(request(pdu.UnbindRespID, OwnSeq)) }, 0},
		{"not answered", func(running) {}, UnbindTime},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := start(t, BoundTRX, Options{Timers: Timers{Inactivity: time.Minute}}, fakeHandler{})
				begin := time.Now()
				time.AfterFunc(40*time.Second, func() { s.peer.send(request(pdu.EnquireLinkID, 1)) })
				s.peer.want(pdu.EnquireLinkRespID, 0, 1)
				s.peer.want(pdu.UnbindID, 0, OwnSeq)
				since(t, "unbind", begin, time.Minute)
				begin = time.Now()
				tt.answer(s)
				s.peer.wantEnd()
				since(t, "end", begin, tt.after)
				s.wantReason(ErrInactive)
			})
		})
	}
}

// A peer that sends requests gets no enquire_link, and is not inactive.
func TestWatchHearsRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opt := Options{Timers: Timers{EnquireLink: 30 * time.Second, Inactivity: 50 * time.Second}}
		s := start(t, BoundTRX, opt, fakeHandler{})
		begin := time.Now()
		for _, at := range []time.Duration{20, 40} {
			time.AfterFunc(at*time.Second, func() { s.peer.send(submit(1)) })
		}
		s.peer.want(pdu.EnquireLinkID, 0, OwnSeq)
		since(t, "enquire_link", begin, 70*time.Second)
		s.peer.send(request(pdu.EnquireLinkRespID, OwnSeq))
		s.peer.want(pdu.UnbindID, 0, OwnSeq+1)
		since(t, "unbind", begin, 90*time.Second)
	})
}

// Answers to enquire_link keep no session active, not even late ones.
func TestWatchInactiveDespiteLateAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opt := Options{Response: time.Second, Timers: Timers{EnquireLink: 40 * time.Second, Inactivity: time.Minute}}
		s := start(t, BoundTRX, opt, fakeHandler{late: func(f Frame, _ Pending[any]) error {
			t.Errorf("handler was given %s", Command(f.ID()))
			return nil
		}})
		begin := time.Now()
		s.peer.want(pdu.EnquireLinkID, 0, OwnSeq)
		time.AfterFunc(5*time.Second, func() { s.peer.send(request(pdu.EnquireLinkRespID, OwnSeq)) })
		s.peer.want(pdu.UnbindID, 0, OwnSeq+1)
		since(t, "unbind", begin, time.Minute)
	})
}

func TestWatchExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type event struct {
			what string
			seq  uint32
		}
		events := make(chan event, 10)
		s := start(t, BoundTRX, Options{SMSC: true, Response: 10 * time.Second}, fakeHandler{
			expired: func(p Pending[any]) { events <- event{p.Ref.(string), p.Seq} },
			late: func(f Frame, p Pending[any]) error {
				events <- event{map[bool]string{true: "late", false: "repeated"}[p.Ref == "request"], f.Seq()}
				return nil
			},
			unmatched: func(f Frame, _ *Pending[any]) error { events <- event{"unasked", f.Seq()}; return nil },
			response:  func(f Frame, p Pending[any]) error { events <- event{"answer", p.Seq}; return nil },
		})
		wantEvent := func(what string, seq uint32) {
			t.Helper()
			if got, want := <-events, (event{what, seq}); got != want {
				t.Fatalf("got %v, want %v", got, want)
			}
		}
		begin := time.Now()
		for i, at := range []time.Duration{3, 4, 5} {
			time.AfterFunc(at*time.Second, func() {
				_ = s.Send(submit(uint32(i+1)), time.Now(), "request")
				s.Flush()
			})
		}
		for seq := range uint32(3) {
			s.peer.want(pdu.SubmitSMID, 0, seq+1)
		}
		s.peer.send(submitResp(2))
		wantEvent("answer", 2)
		wantEvent("request", 1)
		since(t, "time-out of the first", begin, 13*time.Second)
		wantEvent("request", 3)
		since(t, "time-out of the third", begin, 15*time.Second)
		s.peer.send(submitResp(1), submitResp(1), submitResp(2))
		wantEvent("late", 1)
		wantEvent("repeated", 1)
		wantEvent("unasked", 2)
		if n := s.Outstanding(); n != 0 {
			t.Errorf("outstanding: got %d, want 0", n)
		}
	})
}

// tickOf is a session that does not run: its test says what happened and when the timers
// look.
func tickOf(opt Options) *Session[any] {
	s := NewSession[any](nil, opt)
	s.timers.Opened(time.Unix(1e9, 0))
	return s
}

// The timers come again when the next thing is due, and no sooner: a session in which
// nothing happens costs nothing.
func TestWatchTick(t *testing.T) {
	begin := time.Unix(1e9, 0)
	at := func(s int) time.Time { return begin.Add(time.Duration(s) * time.Second) }
	asking := Timers{EnquireLink: 30 * time.Second, Answer: 5 * time.Second}
	sent := func(seqs ...int) func(*Session[any]) { // each at the second that is its number
		return func(s *Session[any]) {
			for _, seq := range seqs {
				s.pending.add(Pending[any]{ID: pdu.SubmitSMID, Seq: uint32(seq), At: at(seq)})
			}
		}
	}
	bound := func(s *Session[any]) { s.state = BoundTRX; s.timers.Bound(begin) }
	for _, tt := range []struct {
		name   string
		opt    Options
		before func(*Session[any])
		now    int // seconds since the beginning
		want   time.Duration
	}{
		{"nothing is set", Options{}, sent(), 7, idleTick},
		{"nothing is set, a request is under way", Options{}, sent(1), 7, idleTick},
		{"nothing under way", Options{Response: 10 * time.Second}, sent(), 7, idleTick},
		{"nothing under way for long", Options{Response: 10 * time.Second}, sent(), 7000, idleTick},
		{"one under way", Options{Response: 10 * time.Second}, sent(5), 7, 8 * time.Second},
		{"the oldest counts", Options{Response: 10 * time.Second}, sent(6, 5, 7), 7, 8 * time.Second},
		{"one expires, the next counts", Options{Response: 10 * time.Second}, sent(5, 8), 15, 3 * time.Second},
		{"all expire", Options{Response: 10 * time.Second}, sent(5, 6), 16, idleTick},
		{"enquire_link is due first", Options{Response: time.Minute, Timers: asking}, bound, 7, 23 * time.Second},
		{"a request is due first", Options{Response: 10 * time.Second, Timers: asking}, func(s *Session[any]) {
			bound(s)
			sent(5)(s)
		}, 7, 8 * time.Second},
		{"asked", Options{Timers: asking}, bound, 30, 5 * time.Second},
		{"asked, an answer is due as any other", Options{Response: 3 * time.Second, Timers: asking}, bound, 30, 3 * time.Second},
		{"asked, no answer is due", Options{Timers: Timers{EnquireLink: 30 * time.Second}}, bound, 30, idleTick},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := tickOf(tt.opt)
			tt.before(s)
			if got := s.tick(t.Context(), fakeHandler{}, at(tt.now)); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// A timer that is due at once still lets a millisecond go by.
func TestWatchTickAtLeast(t *testing.T) {
	begin := time.Unix(1e9, 0)
	s := tickOf(Options{Response: 10 * time.Second})
	s.pending.add(Pending[any]{ID: pdu.SubmitSMID, Seq: 1, At: begin.Add(time.Nanosecond)})
	if got := s.tick(t.Context(), fakeHandler{}, begin.Add(10*time.Second)); got != time.Millisecond {
		t.Errorf("got %v, want %v", got, time.Millisecond)
	}
}

// A request that expires while the session waits for unbind_resp is reported at once.
func TestWatchExpiresBeforeUnbind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		expired := make(chan time.Time, 1)
		opt := Options{SMSC: true, Response: time.Minute, Timers: Timers{Inactivity: time.Minute}}
		s := start(t, BoundTRX, opt, fakeHandler{expired: func(Pending[any]) { expired <- time.Now() }})
		begin := time.Now()
		if err := s.Send(submit(1), begin, nil); err != nil {
			t.Fatal(err)
		}
		s.Flush()
		s.peer.want(pdu.SubmitSMID, 0, 1)
		s.peer.want(pdu.UnbindID, 0, OwnSeq)
		<-expired
		since(t, "time-out", begin, time.Minute)
	})
}
