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

// Answers to enquire_link keep no session active, not even late ones.
func TestWatchInactiveDespiteLateAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opt := Options{Response: time.Second, Timers: Timers{EnquireLink: 40 * time.Second, Inactivity: time.Minute}}
		s := start(t, BoundTRX, opt, fakeHandler{unmatched: func(f Frame, late bool) error {
			t.Errorf("handler was given %s, late %v", Command(f.ID()), late)
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
			expired: func(p Pending) { events <- event{p.Ref.(string), p.Seq} },
			unmatched: func(f Frame, late bool) error {
				events <- event{map[bool]string{true: "late", false: "unasked"}[late], f.Seq()}
				return nil
			},
			response: func(f Frame, p Pending) error { events <- event{"answer", p.Seq}; return nil },
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
		wantEvent("unasked", 1)
		wantEvent("unasked", 2)
		if n := s.outstanding(); n != 0 {
			t.Errorf("outstanding: got %d, want 0", n)
		}
	})
}

// A request that expires while the session waits for unbind_resp is told at once.
func TestWatchExpiresBeforeUnbind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		expired := make(chan time.Time, 1)
		opt := Options{SMSC: true, Response: time.Minute, Timers: Timers{Inactivity: time.Minute}}
		s := start(t, BoundTRX, opt, fakeHandler{expired: func(Pending) { expired <- time.Now() }})
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
