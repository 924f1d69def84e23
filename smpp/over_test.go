package smpp

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// leaveUnread has the session hold what a peer may leave unread at most.
func (r running) leaveUnread() {
	r.out.mu.Lock()
	defer r.out.mu.Unlock()
	r.out.buf = make([]byte, hardOutput)
}

// A peer that leaves too much unread is given up at once, not when its time is over.
func TestTooMuchUnread(t *testing.T) {
	for _, tt := range []struct {
		name string
		put  func(s running) error
		want error
	}{
		{"reply", func(s running) error { return s.Reply(submitResp(1), 1, time.Now()) }, ErrSlowPeer},
		{"held reply", func(s running) error { _, err := s.ReplyHeld(submitResp(1), 1, time.Now()); return err }, ErrSlowPeer},
		{"call", func(s running) error { return s.Call(t.Context(), submit(1)) }, ErrClosed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := start(t, BoundTRX, Options{}, fakeHandler{})
				synctest.Wait()
				begin := time.Now()
				s.leaveUnread()
				if err := tt.put(s); err != tt.want {
					t.Errorf("got %v, want %v", err, tt.want)
				}
				s.wantReason(ErrSlowPeer)
				since(t, "end", begin, 0)
			})
		})
	}
}

// Nothing more is asked in a session that is finished, though it still has to write.
func TestCallAfterFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, BoundTRX, Options{SMSC: true}, fakeHandler{})
		if _, err := s.ReplyHeld(submitResp(1), 1, time.Now()); err != nil {
			t.Fatal(err)
		}
		s.Finish(ErrUnbound)
		begin := time.Now()
		if err := s.Call(t.Context(), request(pdu.QuerySMID, 0)); err != ErrClosed || s.Outstanding() != 0 {
			t.Errorf("got %v, %d under way, want %v", err, s.Outstanding(), ErrClosed)
		}
		since(t, "answer", begin, 0)
		s.wantReason(ErrUnbound)
	})
}

// Run returns last: a handler that is still told of a request has returned before.
func TestRunReturnsLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told, leave := make(chan struct{}), make(chan struct{})
		s := start(t, BoundTRX, Options{SMSC: true, Response: time.Second}, fakeHandler{expired: func(Pending[any]) {
			close(told)
			<-leave
		}})
		s.try(1, nil)
		<-told
		s.Close(ErrUnbound)
		synctest.Wait()
		select {
		case err := <-s.ended:
			t.Fatalf("Run returned %v while the handler was told", err)
		default:
		}
		close(leave)
		s.wantReason(ErrUnbound)
	})
}

// Room is called when a window was changed, and when requests expired, and at no other tick.
func TestRoomToldOnce(t *testing.T) {
	told := 0
	s := tickOf(Options{Window: 1, Response: 10 * time.Second, Room: func() { told++ }})
	check := func(what string, want int) {
		t.Helper()
		if told != want {
			t.Errorf("%s: got told %d times, want %d", what, told, want)
		}
		told = 0
	}
	s.SetWindow(2)
	check("window", 1)
	begin := time.Unix(1e9, 0)
	for seq := range uint32(2) {
		s.pending.add(Pending[any]{ID: pdu.SubmitSMID, Seq: seq, At: begin})
	}
	s.tick(t.Context(), fakeHandler{}, begin.Add(9*time.Second))
	check("nothing expired", 0)
	s.tick(t.Context(), fakeHandler{}, begin.Add(10*time.Second))
	check("two expired", 1)
	s.tick(t.Context(), fakeHandler{}, begin.Add(30*time.Second))
	check("nothing is left", 0)
}

// What a finished session is still asked is thrown away at once, however much is unwritten.
func TestAnswerAfterFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSession[any](nil, Options{})
		s.out.buf = make([]byte, softOutput+1)
		s.Finish(ErrUnbound)
		begin := time.Now()
		if err := s.putOwn(submitResp(1), 1); err != nil || len(s.out.buf) != softOutput+1 {
			t.Errorf("got %v, %d octets unwritten, want none and no more than before", err, len(s.out.buf))
		}
		since(t, "answer", begin, 0)
		s.stopOverdue() // it is over
	})
}

// A response that has come is the result of a Call, although the session or ctx has ended meanwhile.
func TestCallAnsweredAtTheEnd(t *testing.T) {
	over, closed := make(chan struct{}), make(chan pdu.Status)
	close(over)
	close(closed)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	s := &Session[any]{over: over}
	for range 100 { // select chooses at random
		answer := make(chan pdu.Status, 1)
		for _, status := range []pdu.Status{StatusOK, StatusTempApp} {
			answer <- status
			if err := s.await(cancelled, answer); (err == nil) != (status == StatusOK) || err != nil && err != status {
				t.Fatalf("got %v, want status %#02x", err, uint32(status))
			}
		}
		if err := s.await(cancelled, closed); err != ErrNoAnswer {
			t.Fatalf("it has expired: got %v, want %v", err, ErrNoAnswer)
		}
	}
	if err := s.await(t.Context(), make(chan pdu.Status)); err != ErrClosed {
		t.Errorf("no response: got %v, want %v", err, ErrClosed)
	}
}
