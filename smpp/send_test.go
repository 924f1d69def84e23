package smpp

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// sends sends submit_sm n times on a goroutine of its own, numbered from 1, and
// tells each result.
func (r running) sends(n int) chan error {
	results := make(chan error, n)
	go func() {
		for seq := range uint32(n) {
			results <- r.Send(submit(seq+1), time.Now(), nil)
		}
		r.Flush()
	}()
	return results
}

func TestSendWaitsForTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, BoundTRX, Options{SMSC: true, Window: 2}, fakeHandler{})
		results := s.sends(5)
		for seq := uint32(1); seq <= 5; seq += 2 {
			s.peer.want(pdu.SubmitSMID, 0, seq)
			if seq < 5 {
				s.peer.want(pdu.SubmitSMID, 0, seq+1)
			}
			synctest.Wait()
			if got, want := len(results), int(min(seq+1, 5)); got != want {
				t.Fatalf("sent: got %d, want %d", got, want)
			}
			s.peer.send(submitResp(seq+1), submitResp(seq))
		}
	})
}

// Requests wait while the peer leaves too much unread, and go on when it reads.
func TestSendWaitsForThePeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, BoundTRX, Options{SMSC: true}, fakeHandler{})
		const n = 3 * softOutput / 1000
		long := newFrame(pdu.SubmitSMID, 0, 0, string(make([]byte, 1000)))
		sent := make(chan error, n)
		go func() {
			for range n {
				sent <- s.Send(long, time.Now(), nil)
			}
			s.Flush()
		}()
		synctest.Wait()
		if got, most := len(sent)*len(long), 2*(softOutput+len(long)); got == 0 || got > most {
			t.Errorf("taken while the peer does not read: got %d octets, want at most %d", got, most)
		}
		for range n {
			if f, err := s.peer.r.Next(); err != nil || f.Len() != len(long) {
				t.Fatalf("got % x, %v", f, err)
			}
		}
	})
}

// A window full of requests that nobody answers opens again when they expire.
func TestSendGoesOnByExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, BoundTRX, Options{SMSC: true, Window: 1, Response: 10 * time.Second}, fakeHandler{})
		begin := time.Now()
		s.sends(2)
		s.peer.want(pdu.SubmitSMID, 0, 1)
		s.peer.want(pdu.SubmitSMID, 0, 2)
		since(t, "the second request", begin, 10*time.Second)
	})
}

// Senders that wait for the window get an error when the session ends, for any reason.
func TestSendEndsWithTheSession(t *testing.T) {
	tests := []struct {
		name string
		end  func(s running)
	}{
		{"closed", func(s running) { s.Close(ErrUnbound) }},
		{"finished", func(s running) { s.Finish(ErrUnbound) }},
		{"peer leaves", func(s running) { _ = s.peer.conn.Close() }},
		{"context", func(s running) { s.cancel(nil) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := start(t, BoundTRX, Options{SMSC: true, Window: 1}, fakeHandler{})
				results := s.sends(2)
				s.peer.want(pdu.SubmitSMID, 0, 1)
				if err := <-results; err != nil {
					t.Fatalf("first: got %v, want none", err)
				}
				synctest.Wait()
				tt.end(s)
				select {
				case err := <-results:
					if err != ErrClosed {
						t.Errorf("second: got %v, want %v", err, ErrClosed)
					}
				case <-time.After(patience):
					t.Fatal("the second still waits")
				}
				_ = s.wantEnded() // how is checked elsewhere
				left := s.Abandoned()
				if len(left) != 1 || left[0].Seq != 1 {
					t.Errorf("abandoned: got %v, want number 1", left)
				}
				if again := s.Abandoned(); again != nil {
					t.Errorf("abandoned a second time: got %v, want none", again)
				}
			})
		})
	}
}

// Requests keep their numbers unless those are in use; answers find them all.
func TestSendNumbers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type answer struct {
			seq uint32
			ref any
		}
		answers := make(chan answer, 10)
		s := start(t, BoundTRX, Options{SMSC: true}, fakeHandler{
			response: func(f Frame, p Pending[any]) error { answers <- answer{p.Seq, p.Ref}; return nil },
		})
		for i, seq := range []uint32{7, 7, OwnSeq + 1, 0xFFFFFFFF, 0} {
			if err := s.Send(submit(seq), time.Now(), i); err != nil {
				t.Fatal(err)
			}
		}
		called := make(chan error)
		go func() { called <- s.Call(t.Context(), request(pdu.DeliverSMID, 3)) }()
		carried := []uint32{7, OwnSeq, OwnSeq + 1, 0xFFFFFFFF, 0}
		for _, seq := range carried {
			s.peer.want(pdu.SubmitSMID, 0, seq)
		}
		s.peer.want(pdu.DeliverSMID, 0, OwnSeq+2)
		s.peer.send(request(pdu.DeliverSMRespID, OwnSeq+2))
		if err := <-called; err != nil {
			t.Errorf("Call: got %v, want none", err)
		}
		wants := []answer{{7, 0}, {7, 1}, {OwnSeq + 1, 2}, {0xFFFFFFFF, 3}, {0, 4}}
		for i, seq := range carried {
			s.peer.send(submitResp(seq))
			if got := <-answers; got != wants[i] {
				t.Errorf("answer to %#x: got %v, want %v", seq, got, wants[i])
			}
		}
	})
}

// What is never answered is sent, and takes no place in the window.
func TestSendOneWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, BoundRX, Options{Window: 1}, fakeHandler{})
		for seq := range uint32(3) {
			if err := s.Send(request(pdu.AlertNotificationID, seq), time.Now(), nil); err != nil {
				t.Fatal(err)
			}
		}
		s.Flush()
		for seq := range uint32(3) {
			s.peer.want(pdu.AlertNotificationID, 0, seq)
		}
		if n := s.Outstanding(); n != 0 {
			t.Errorf("outstanding: got %d, want 0", n)
		}
	})
}

func TestCall(t *testing.T) {
	gone := errors.New("caller is gone")
	answerWith := func(id pdu.ID, status pdu.Status) func(running, context.CancelCauseFunc) {
		return func(s running, _ context.CancelCauseFunc) { s.peer.send(newFrame(id, status, OwnSeq, "")) }
	}
	tests := []struct {
		name   string
		answer func(s running, cancel context.CancelCauseFunc)
		want   error
	}{
		{"ESME_ROK", answerWith(pdu.DeliverSMRespID, StatusOK), nil},
		{"a refusal", answerWith(pdu.DeliverSMRespID, StatusTempApp), StatusTempApp},
		{"generic_nack", answerWith(pdu.GenericNACKID, StatusInvCmdID), StatusInvCmdID},
		{"none", func(running, context.CancelCauseFunc) {}, ErrNoAnswer},
		{"session ends", func(s running, _ context.CancelCauseFunc) { s.Finish(ErrUnbound) }, ErrClosed},
		{"peer leaves", func(s running, _ context.CancelCauseFunc) { _ = s.peer.conn.Close() }, ErrClosed},
		{"ctx ends", func(_ running, cancel context.CancelCauseFunc) { cancel(gone) }, gone},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := start(t, BoundRX, Options{Response: 10 * time.Second}, fakeHandler{expired: func(Pending[any]) {
					t.Error("handler was told of a Call that expired")
				}})
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				result := make(chan error, 1)
				go func() { result <- s.Call(ctx, request(pdu.DeliverSMID, 0)) }()
				s.peer.want(pdu.DeliverSMID, 0, OwnSeq)
				tt.answer(s, cancel)
				if got := <-result; got != tt.want {
					t.Errorf("got %v, want %v", got, tt.want)
				}
			})
		})
	}
}

// A held answer keeps back what is put out behind it, and nothing before it.
func TestReplyHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, BoundTRX, Options{}, fakeHandler{})
		reply := func(seq uint32) {
			t.Helper()
			if err := s.Reply(submitResp(0), seq, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		held := func(seq uint32) uint64 {
			t.Helper()
			id, err := s.ReplyHeld(submitResp(0), seq, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		reply(1)
		second := held(2)
		reply(3)
		fourth := held(4)
		s.Flush()
		s.peer.want(pdu.SubmitSMRespID, 0, 1)
		begin := time.Now()
		time.AfterFunc(time.Second, func() { s.Release(fourth) })
		time.AfterFunc(3*time.Second, func() { s.Release(second) })
		for seq := uint32(2); seq <= 4; seq++ {
			s.peer.want(pdu.SubmitSMRespID, 0, seq)
			since(t, "answers held", begin, 3*time.Second)
		}
	})
}

func TestWaitAnswered(t *testing.T) {
	tests := []struct {
		name string
		do   func(s running, cancel context.CancelFunc)
	}{
		{"answered", func(s running, _ context.CancelFunc) { s.peer.send(submitResp(1)) }},
		{"session ends", func(s running, _ context.CancelFunc) { s.Finish(ErrUnbound) }},
		{"ctx ends", func(_ running, cancel context.CancelFunc) { cancel() }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := start(t, BoundTRX, Options{SMSC: true}, fakeHandler{})
				s.WaitAnswered(t.Context()) // nothing is owed
				s.sends(1)
				s.peer.want(pdu.SubmitSMID, 0, 1)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				waited := make(chan struct{})
				go func() { s.WaitAnswered(ctx); close(waited) }()
				synctest.Wait()
				select {
				case <-waited:
					t.Fatal("did not wait")
				default:
				}
				tt.do(s, cancel)
				<-waited
			})
		})
	}
}
