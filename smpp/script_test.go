package smpp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// fakeHandler is a Handler of functions; what is nil does nothing.
type fakeHandler struct {
	request   func(Frame) error
	response  func(Frame, Pending[any]) error
	late      func(Frame, Pending[any]) error
	unmatched func(Frame, *Pending[any]) error
	expired   func(Pending[any])
	idle      func()
}

func (h fakeHandler) Request(_ context.Context, f Frame) error {
	if h.request == nil {
		return nil
	}
	return h.request(f)
}

func (h fakeHandler) Response(f Frame, to Pending[any]) error {
	if h.response == nil {
		return nil
	}
	return h.response(f, to)
}

func (h fakeHandler) Late(f Frame, to Pending[any]) error {
	if h.late == nil {
		return nil
	}
	return h.late(f, to)
}

func (h fakeHandler) Unmatched(f Frame, to *Pending[any]) error {
	if h.unmatched == nil {
		return nil
	}
	return h.unmatched(f, to)
}

func (h fakeHandler) Expired(to Pending[any]) {
	if h.expired != nil {
		h.expired(to)
	}
}

func (h fakeHandler) Idle() {
	if h.idle != nil {
		h.idle()
	}
}

// patience is how long a script waits before it calls a test failed. Time is
// virtual in nearly all of them.
const patience = time.Hour

// script is the peer of a session under test.
type script struct {
	t    *testing.T
	conn net.Conn
	r    *Reader
}

// send writes frames to the session.
func (p *script) send(fs ...Frame) {
	p.t.Helper()
	if _, err := p.conn.Write(bytes.Join(octetsOf(fs), nil)); err != nil {
		p.t.Fatalf("write to the session: %v", err)
	}
}

func octetsOf(fs []Frame) (bs [][]byte) {
	for _, f := range fs {
		bs = append(bs, f)
	}
	return bs
}

// want reads the next frame and checks its header.
func (p *script) want(id pdu.ID, status pdu.Status, seq uint32) Frame {
	p.t.Helper()
	_ = p.conn.SetReadDeadline(time.Now().Add(patience))
	f, err := p.r.Next()
	if err != nil {
		p.t.Fatalf("got %v, want %s", err, Command(id))
	}
	if f.ID() != id || f.Status() != status || f.Seq() != seq {
		p.t.Fatalf("got %s %#02x number %#x, want %s %#02x number %#x", Command(f.ID()), uint32(f.Status()), f.Seq(),
			Command(id), uint32(status), seq)
	}
	return f
}

// wantEnd checks that the session hangs up, without another frame.
func (p *script) wantEnd() {
	p.t.Helper()
	_ = p.conn.SetReadDeadline(time.Now().Add(patience))
	if f, err := p.r.Next(); err != io.EOF {
		p.t.Fatalf("got % x, %v; want the end", f, err)
	}
}

// running is a session under test, and its peer.
type running struct {
	*Session[any]
	peer   *script
	cancel context.CancelCauseFunc
	ended  chan error
}

// start runs a session in state over a pipe.
func start(t *testing.T, state State, opt Options, h Handler[any]) running {
	t.Helper()
	near, far := net.Pipe()
	return startOn(t, near, far, state, opt, h)
}

func startOn(t *testing.T, near, far net.Conn, state State, opt Options, h Handler[any]) running {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	r := running{NewSession[any](near, opt), &script{t, far, NewReader(far)}, cancel, make(chan error, 1)}
	r.SetState(state)
	go func() { r.ended <- r.Run(ctx, h) }()
	t.Cleanup(func() {
		cancel(errors.New("test is over"))
		_ = far.Close()
	})
	return r
}

// wantEnded checks that Run ended, and returns how.
func (r running) wantEnded() error {
	r.peer.t.Helper()
	select {
	case err := <-r.ended:
		return err
	case <-time.After(patience):
		r.peer.t.Fatal("Run goes on")
		return nil
	}
}

// wantReason checks how Run ended, and that it did.
func (r running) wantReason(want error) {
	r.peer.t.Helper()
	if got := r.wantEnded(); !errors.Is(got, want) {
		r.peer.t.Fatalf("reason: got %v, want %v", got, want)
	}
	if got := r.State(); got != Closed {
		r.peer.t.Errorf("state at the end: got %#x, want %#x", got, Closed)
	}
}

func submit(seq uint32) Frame     { return newFrame(pdu.SubmitSMID, 0, seq, "body") }
func submitResp(seq uint32) Frame { return newFrame(pdu.SubmitSMRespID, 0, seq, "id\x00") }
func request(id pdu.ID, seq uint32) Frame {
	return newFrame(id, 0, seq, "")
}
