package smpp

import (
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// try puts out a submit_sm without waiting and checks how that goes.
func (r running) try(seq uint32, want error) {
	r.peer.t.Helper()
	if err := r.TrySend(submit(seq), time.Now(), seq); !errors.Is(err, want) {
		r.peer.t.Fatalf("request %d: got %v, want %v", seq, err, want)
	}
}

func TestTrySend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answered := make(chan any, 1)
		s := start(t, BoundTRX, Options{SMSC: true, Window: 2}, fakeHandler{
			response: func(_ Frame, to Pending[any]) error { answered <- to.Ref; return nil },
		})
		s.try(1, nil)
		s.try(2, nil)
		s.try(3, ErrNoRoom)
		s.Flush()
		s.peer.want(pdu.SubmitSMID, 0, 1)
		s.peer.want(pdu.SubmitSMID, 0, 2)
		s.peer.send(submitResp(2))
		if ref := <-answered; ref != uint32(2) {
			t.Errorf("answered: got %v, want 2", ref)
		}
		s.try(4, nil)
		s.try(5, ErrNoRoom)
		s.Flush()
		s.peer.want(pdu.SubmitSMID, 0, 4) // and none of those that were not taken
		s.Finish(ErrUnbound)
		s.try(6, ErrClosed)
		s.peer.wantEnd()
	})
}

func TestRoom(t *testing.T) {
	for _, tt := range []struct {
		name           string
		window, before int
		after          int // with two requests under way
	}{
		{"some", 5, 5, 3},
		{"full", 2, 2, 0},
		{"more under way than the window, since that became smaller", 1, 1, 0},
		{"no limit", 0, math.MaxInt, math.MaxInt},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := start(t, BoundTRX, Options{SMSC: true, Window: max(tt.window, 2)}, fakeHandler{})
				s.SetWindow(tt.window)
				if got := s.Room(); got != tt.before {
					t.Errorf("at first: got %d, want %d", got, tt.before)
				}
				s.SetWindow(2)
				s.try(1, nil)
				s.try(2, nil)
				s.SetWindow(tt.window)
				if got := s.Room(); got != tt.after {
					t.Errorf("two under way: got %d, want %d", got, tt.after)
				}
				s.Close(ErrUnbound)
				if got := s.Room(); got != 0 {
					t.Errorf("closed: got %d, want 0", got)
				}
			})
		})
	}
}

// A peer that does not read leaves no room, however wide the window.
func TestRoomOfAPeerThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := make(chan struct{}, 100)
		s := start(t, BoundTRX, Options{SMSC: true, Room: func() { told <- struct{}{} }}, fakeHandler{})
		long := newFrame(pdu.SubmitSMID, 0, 0, string(make([]byte, 60_000)))
		sent := 0
		for ; s.TrySend(long, time.Now(), nil) == nil; sent++ {
			synctest.Wait() // the writer takes what it can
		}
		if most := 2 * (softOutput/len(long) + 1); sent > most || s.Room() != 0 {
			t.Errorf("got %d requests taken and room for %d, want at most %d and none", sent, s.Room(), most)
		}
		for len(told) > 0 {
			<-told
		}
		go func() {
			for range sent {
				if _, err := s.peer.r.Next(); err != nil {
					return // the test is over
				}
			}
		}()
		for s.Room() == 0 {
			<-told
		}
		if err := s.TrySend(long, time.Now(), nil); err != nil {
			t.Errorf("when the peer has read: got %v, want room", err)
		}
	})
}

// What is unwritten bounds each way to send a request, at the same octet. It bounds a
// request that may not wait for the window, too, and nothing else does.
func TestRoomBound(t *testing.T) {
	f := submit(1)
	for _, tt := range []struct {
		name            string
		send            func(s *Session[any]) error
		behindTheWindow error // when it is full
	}{
		{"TrySend", func(s *Session[any]) error { return s.TrySend(f, time.Time{}, nil) }, ErrNoRoom},
		{"TrySendOver", func(s *Session[any]) error { return s.TrySendOver(f, time.Time{}, nil) }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := NewSession[any](nil, Options{Window: 3})
			s.out.buf = make([]byte, softOutput)
			if err := tt.send(s); err != nil || len(s.out.buf) != softOutput+len(f) || s.Outstanding() != 1 {
				t.Errorf("at the bound: got %v, %d octets unwritten, want it taken", err, len(s.out.buf))
			}
			s.out.buf = make([]byte, softOutput+1)
			if err := tt.send(s); err != ErrNoRoom || len(s.out.buf) != softOutput+1 || s.Outstanding() != 1 {
				t.Errorf("over the bound: got %v, %d octets unwritten, want %v", err, len(s.out.buf), ErrNoRoom)
			}
			s.SetWindow(1)
			s.out.buf = nil
			if err := tt.send(s); err != tt.behindTheWindow {
				t.Errorf("window full: got %v, want %v", err, tt.behindTheWindow)
			}
			s.out.ended = true
			if err := tt.send(s); err != ErrClosed {
				t.Errorf("at the end: got %v, want %v", err, ErrClosed)
			}
		})
	}
}

// A request and an answer of the session's own wait while more is unwritten than the
// bound allows, and not a moment longer.
func TestRoomBoundWaits(t *testing.T) {
	for _, tt := range []struct {
		name string
		put  func(s *Session[any]) error
	}{
		{"request", func(s *Session[any]) error { return s.Send(submit(1), time.Time{}, nil) }},
		{"answer", func(s *Session[any]) error { return s.putOwn(submitResp(1), 1) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := NewSession[any](nil, Options{})
				done := make(chan error, 1)
				unwritten := func(n int) {
					s.out.mu.Lock()
					s.out.buf = make([]byte, n)
					s.out.changed()
					s.out.mu.Unlock()
				}
				unwritten(softOutput + 1)
				go func() { done <- tt.put(s) }()
				synctest.Wait()
				if len(done) > 0 {
					t.Fatal("over the bound: it did not wait")
				}
				unwritten(softOutput + 1)
				synctest.Wait()
				if len(done) > 0 {
					t.Fatal("still over the bound: it went on")
				}
				unwritten(softOutput)
				if err := <-done; err != nil || len(s.out.buf) <= softOutput {
					t.Errorf("at the bound: got %v, want it put out", err)
				}
				unwritten(softOutput + 1)
				go func() { done <- tt.put(s) }()
				synctest.Wait()
				s.out.fail()
				if err := <-done; err != ErrClosed {
					t.Errorf("when writing failed: got %v, want %v", err, ErrClosed)
				}
			})
		})
	}
}

// Who was told ErrNoRoom hears when it is worth another try.
func TestRoomTold(t *testing.T) {
	tests := []struct {
		name string
		do   func(s running)
	}{
		{"answer", func(s running) { s.peer.send(submitResp(1)) }},
		{"expiry", func(running) {}}, // virtual time goes on
		{"wider window", func(s running) { s.SetWindow(2) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				told := make(chan struct{}, 100)
				s := start(t, BoundTRX, Options{
					SMSC: true, Window: 1, Response: time.Minute, Room: func() { told <- struct{}{} },
				}, fakeHandler{})
				s.try(1, nil)
				s.Flush()
				s.peer.want(pdu.SubmitSMID, 0, 1)
				synctest.Wait()
				for len(told) > 0 { // it was written
					<-told
				}
				s.try(2, ErrNoRoom)
				tt.do(s)
				<-told
				s.try(2, nil)
			})
		})
	}
}

// A window that becomes smaller holds back what comes next; one that becomes wider
// lets go at once who waits.
func TestSetWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, BoundTRX, Options{SMSC: true, Window: 3}, fakeHandler{})
		s.SetWindow(1)
		results := s.sends(4)
		s.peer.want(pdu.SubmitSMID, 0, 1)
		synctest.Wait()
		if got := len(results); got != 1 {
			t.Fatalf("window 1: got %d sent, want 1", got)
		}
		s.SetWindow(3)
		s.peer.want(pdu.SubmitSMID, 0, 2)
		s.peer.want(pdu.SubmitSMID, 0, 3)
		synctest.Wait()
		if got := len(results); got != 3 {
			t.Fatalf("window 3: got %d sent, want 3", got)
		}
		s.SetWindow(2)
		s.peer.send(submitResp(1))
		synctest.Wait()
		if got := len(results); got != 3 {
			t.Fatalf("window 2, two under way: got %d sent, want 3", got)
		}
		s.peer.send(submitResp(2))
		s.peer.want(pdu.SubmitSMID, 0, 4)
	})
}

// A bind that the session makes itself counts before the peer's next octet: an SMSC
// may deliver right behind its answer.
func TestCallBinds(t *testing.T) {
	tests := []struct {
		id     pdu.ID
		status pdu.Status
		want   State
	}{
		{pdu.BindTransceiverID, StatusOK, BoundTRX},
		{pdu.BindReceiverID, StatusOK, BoundRX},
		{pdu.BindTransmitterID, StatusOK, BoundTX},
		{pdu.BindTransceiverID, StatusBindFailed, Open},
	}
	for _, tt := range tests {
		t.Run(Command(tt.id)+" "+StatusName(tt.status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				came := make(chan uint32, 1)
				s := start(t, Open, Options{SMSC: true}, fakeHandler{request: func(f Frame) error { came <- f.Seq(); return nil }})
				result := make(chan error, 1)
				go func() { result <- s.Call(t.Context(), request(tt.id, 0)) }()
				s.peer.want(tt.id, 0, OwnSeq)
				s.peer.send(newFrame(ResponseID(tt.id), tt.status, OwnSeq, "SMSC\x00"), request(pdu.DeliverSMID, 7))
				if tt.want.CanReceive() {
					if seq := <-came; seq != 7 {
						t.Errorf("deliver_sm: got %d, want 7", seq)
					}
				} else {
					s.peer.want(pdu.DeliverSMRespID, StatusInvBindState, 7)
				}
				if err := <-result; (err == nil) != (tt.status == StatusOK) {
					t.Errorf("Call: got %v, want %#02x", err, uint32(tt.status))
				}
				if got := s.State(); got != tt.want {
					t.Errorf("state: got %#x, want %#x", got, tt.want)
				}
			})
		})
	}
}
