package smpp

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// A peer that has got an unbind gets no second one, whoever sent the first. The session ends when the
// first is answered, expires, or is waited for long enough.
func TestUnbindOnce(t *testing.T) {
	const patience, response = 5 * time.Second, 8 * time.Second
	first := map[string]func(s running){
		"passed on": func(s running) { _ = s.Send(request(pdu.UnbindID, 7), time.Now(), nil); s.Flush() },
		"its own":   func(s running) { go s.Unbind(context.Background(), ErrInactive) },
		"called":    func(s running) { go func() { _ = s.Call(context.Background(), request(pdu.UnbindID, 0)) }() },
	}
	for name, send := range first {
		for _, tt := range []struct {
			name          string
			before, after time.Duration // when it unbinds again, and when the answer comes; 0: never
			ends          time.Duration // after the second
		}{
			{"answered", time.Second, 2 * time.Second, 2 * time.Second},
			{"never answered", time.Second, 0, patience},
			{"expires", 7 * time.Second, 0, time.Second},
			{"has expired", 9 * time.Second, 0, 0},
		} {
			t.Run(name+", "+tt.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := start(t, BoundTRX, Options{Response: response}, fakeHandler{})
					send(s)
					f, err := s.peer.r.Next()
					if err != nil || f.ID() != pdu.UnbindID {
						t.Fatalf("got % x, %v, want unbind", f, err)
					}
					seq := f.Seq()
					<-time.After(tt.before)
					ctx, cancel := context.WithTimeout(context.Background(), patience)
					defer cancel()
					go s.Unbind(ctx, ErrUnbound)
					if tt.after > 0 {
						time.AfterFunc(tt.after, func() { s.peer.send(request(pdu.UnbindRespID, seq)) })
					}
					begin := time.Now()
					s.peer.wantEnd()
					since(t, "end", begin, tt.ends)
				})
			})
		}
	}
}

// While the session's own unbind is not answered none is passed on behind it. One that is passed on
// twice passes twice.
func TestUnbindNotPassedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, BoundTRX, Options{}, fakeHandler{})
		try := func(want error) {
			t.Helper()
			if err := s.TrySend(request(pdu.UnbindID, 7), time.Now(), nil); err != want {
				t.Errorf("got %v, want %v", err, want)
			}
			s.Flush()
		}
		for _, seq := range []uint32{7, OwnSeq} {
			try(nil)
			s.peer.want(pdu.UnbindID, 0, seq)
		}
		go func() { _ = s.Call(t.Context(), request(pdu.UnbindID, 0)) }()
		s.peer.want(pdu.UnbindID, 0, OwnSeq+1)
		try(ErrUnbinding)
		s.peer.send(request(pdu.UnbindRespID, OwnSeq+1))
		synctest.Wait()
		try(nil)
		s.peer.want(pdu.UnbindID, 0, OwnSeq+2) // 7 is in use
	})
}

// A session that ends answers the peer's unbind, unless somebody has answered it.
func TestFinishAnswersUnbind(t *testing.T) {
	for name, answer := range map[string]pdu.ID{"not answered": 0, "answered": pdu.UnbindRespID, "refused": pdu.GenericNACKID} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := start(t, BoundTRX, Options{}, fakeHandler{request: func(Frame) error { return nil }})
				s.peer.send(request(pdu.UnbindID, 7))
				synctest.Wait()
				_ = s.Reply(request(pdu.SubmitSMRespID, 6), 6, time.Time{}) // that of another request
				if answer != 0 {
					_ = s.Reply(request(answer, 7), 7, time.Time{})
				}
				go s.Finish(ErrUnbound)
				s.peer.want(pdu.SubmitSMRespID, 0, 6)
				if answer == 0 {
					answer = pdu.UnbindRespID
				}
				s.peer.want(answer, 0, 7)
				s.peer.wantEnd()
			})
		})
	}
}
