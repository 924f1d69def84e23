package smpp

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// plantedPanic is a function of this name, to be found in a stack.
func plantedPanic() { panic("planted") }

// panicTests are the ways in which what a session calls can panic.
var panicTests = []struct {
	name    string
	handler fakeHandler
	options func(*Options)
	cause   func(s running) // what brings it about; nil: nothing more
	// unwritten says that nothing gets as far as the peer.
	unwritten bool
}{
	{
		name:    "request",
		handler: fakeHandler{request: func(Frame) error { plantedPanic(); return nil }},
		cause:   func(s running) { s.peer.send(submit(7)) },
	},
	{
		name:    "response",
		handler: fakeHandler{response: func(Frame, Pending[any]) error { plantedPanic(); return nil }},
		cause:   func(s running) { s.peer.send(submitResp(1)) },
	},
	{
		name:    "unmatched response",
		handler: fakeHandler{unmatched: func(Frame, *Pending[any]) error { plantedPanic(); return nil }},
		cause:   func(s running) { s.peer.send(submitResp(9)) },
	},
	{
		name:    "nothing left to read",
		handler: fakeHandler{idle: plantedPanic},
		cause:   func(s running) { s.peer.send(submitResp(9)) },
	},
	{
		name:    "no response in time",
		handler: fakeHandler{expired: func(Pending[any]) { plantedPanic() }},
		options: func(o *Options) { o.Response = time.Second },
	},
	{
		name:      "room, when the writer has taken something",
		options:   func(o *Options) { o.Room = plantedPanic },
		unwritten: true,
	},
}

// A panic in what a session calls ends that session and nothing else: what was put out before
// is written, nobody waits for it, and its requests can be told of.
func TestPanicEndsTheSession(t *testing.T) {
	for _, tt := range panicTests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var opt Options
				if tt.options != nil {
					tt.options(&opt)
				}
				s := start(t, BoundTRX, opt, tt.handler)
				for seq := range uint32(2) {
					if err := s.Send(submit(seq+1), time.Now(), "ref"); err != nil {
						t.Fatal(err)
					}
				}
				s.Flush()
				if !tt.unwritten {
					s.peer.want(pdu.SubmitSMID, 0, 1)
					s.peer.want(pdu.SubmitSMID, 0, 2)
				}
				if tt.cause != nil {
					tt.cause(s)
				}
				s.wantPanic()
			})
		})
	}
}

// wantPanic checks that the session ended by the planted panic, and can be asked all the same.
func (r running) wantPanic() {
	r.peer.t.Helper()
	err := r.wantEnded()
	p, ok := errors.AsType[*PanicError](err)
	if !ok || p.Value != "planted" || !bytes.Contains(p.Stack, []byte("plantedPanic")) || p.Error() != "panic: planted" {
		r.peer.t.Fatalf("reason: got %v, want the planted panic and its stack", err)
	}
	if got := r.State(); got != Closed {
		r.peer.t.Errorf("state: got %#x, want %#x", got, Closed)
	}
	if err := r.Send(submit(3), time.Now(), nil); !errors.Is(err, ErrClosed) {
		r.peer.t.Errorf("send: got %v, want ErrClosed", err)
	}
	_ = r.Abandoned() // it does not wait
}

// An answer that was put out before the panic reaches the peer.
func TestPanicFlushes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s running
		s = start(t, BoundTRX, Options{}, fakeHandler{request: func(f Frame) error {
			if err := s.Reply(submitResp(f.Seq()), f.Seq(), time.Time{}); err != nil {
				t.Error(err)
			}
			plantedPanic()
			return nil
		}})
		s.peer.send(submit(7))
		s.peer.want(pdu.SubmitSMRespID, 0, 7)
		s.peer.wantEnd()
		s.wantPanic()
	})
}

// Of several requests that expire at once each is told of, though the handler panics at one.
func TestPanicKeepsNoneBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := 0
		s := start(t, BoundTRX, Options{Response: time.Second}, fakeHandler{expired: func(Pending[any]) {
			if told++; told == 1 {
				plantedPanic()
			}
		}})
		const n = 3
		for seq := range uint32(n) {
			if err := s.Send(submit(seq+1), time.Now(), nil); err != nil {
				t.Fatal(err)
			}
		}
		s.Flush()
		for seq := range uint32(n) {
			s.peer.want(pdu.SubmitSMID, 0, seq+1)
		}
		s.wantPanic()
		if told != n {
			t.Errorf("requests told of: got %d, want %d", told, n)
		}
	})
}

// A panic is the reason of a session that was ending anyway: nobody would hear of it else.
func TestPanicOfAnEndingSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s running
		s = start(t, BoundTRX, Options{}, fakeHandler{request: func(Frame) error {
			s.Finish(ErrUnbound)
			plantedPanic()
			return nil
		}})
		s.peer.send(submit(7))
		s.wantPanic()
	})
}
