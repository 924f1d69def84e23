package smpp

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// awaiting is a session whose handler waits for what the test does to each bind.
func awaiting(t *testing.T, init time.Duration, ctx context.Context, wait func(context.Context)) (s running, handled chan Frame) {
	t.Helper()
	handled = make(chan Frame, 100)
	s = start(t, Open, Options{Timers: Timers{SessionInit: init}}, fakeHandler{request: func(f Frame) error {
		if IsBind(f.ID()) {
			s.Await(ctx, wait)
		}
		handled <- bytes.Clone(f)
		return nil
	}})
	return s, handled
}

// While the peer waits for us the session-init timer stands still, and then goes on.
func TestAwaitHoldsSessionInit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, handled := awaiting(t, 10*time.Second, t.Context(), func(context.Context) { time.Sleep(time.Minute) })
		begin := time.Now()
		time.Sleep(4 * time.Second)
		s.peer.send(request(pdu.BindTransmitterID, 1))
		<-handled
		since(t, "end of the wait", begin, 64*time.Second)
		time.Sleep(4 * time.Second)
		s.peer.send(request(pdu.BindTransmitterID, 2))
		<-handled
		s.peer.wantEnd()
		since(t, "end of the session", begin, (60+60+10)*time.Second)
		s.wantReason(ErrNoBind)
	})
}

// A wait ends when the peer leaves, also behind what it sent ahead, or when the caller's
// context does.
func TestAwaitEnds(t *testing.T) {
	for _, tt := range []struct {
		name  string
		ahead []Frame
		end   func(s running, cancel func())
	}{
		{"peer leaves", nil, func(s running, _ func()) { _ = s.peer.conn.Close() }},
		{"peer leaves behind a request", []Frame{request(pdu.UnbindID, 2)}, func(s running, _ func()) { _ = s.peer.conn.Close() }},
		{"context ends", nil, func(_ running, cancel func()) { cancel() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				s, handled := awaiting(t, 0, ctx, func(ctx context.Context) { <-ctx.Done() })
				s.peer.send(append([]Frame{request(pdu.BindTransmitterID, 1)}, tt.ahead...)...)
				synctest.Wait()
				if len(handled) > 0 {
					t.Fatal("the wait has ended already")
				}
				tt.end(s, cancel)
				for i := range 1 + len(tt.ahead) {
					if f := <-handled; f.Seq() != uint32(i+1) {
						t.Errorf("request %d: got number %d", i, f.Seq())
					}
				}
				_ = s.peer.conn.Close()
				s.wantReason(io.EOF)
			})
		})
	}
}

// What the peer sends during a wait is handled behind it, whole and in order, however much it is.
func TestAwaitKeepsWhatIsSentAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		over := make(chan struct{})
		s, handled := awaiting(t, 0, t.Context(), func(context.Context) { <-over })
		const n = 20
		body := strings.Repeat("x", earlyOctets/n*2)
		go func() {
			s.peer.send(request(pdu.BindTransmitterID, 1))
			for seq := range uint32(n) {
				s.peer.send(append(AppendHeader(nil, pdu.OutbindID, 0, seq+2, len(body)), body...))
			}
			s.peer.send(request(pdu.BindTransmitterID, n+2)) // waits as well
			_ = s.peer.conn.Close()
		}()
		synctest.Wait()
		if len(handled) > 0 {
			t.Error("a request was handled before the wait has ended")
		}
		close(over)
		for seq := range uint32(n + 2) {
			if f := <-handled; f.Seq() != seq+1 {
				t.Fatalf("got number %d, want %d", f.Seq(), seq+1)
			}
		}
		s.wantReason(io.EOF)
	})
}
