//go:build unix

package smpp

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A batch that the connection takes leaves with FlushNow: no goroutine is started for it, and nothing allocated.
func TestFlushNow(t *testing.T) {
	near, far := tcpPair(t)
	var o output
	o.init(near, Options{})
	o.start(func(cause error) { t.Error(cause) }, func() {})
	o.FlushNow() // nothing
	f, b := submitResp(1), make([]byte, 1000)
	before := runtime.NumGoroutine()
	if got := testing.AllocsPerRun(1000, func() {
		o.mu.Lock()
		o.put(f, 1, time.Time{})
		o.mu.Unlock()
		o.FlushNow()
		if len(o.buf) > 0 || o.writing {
			t.Fatalf("got %d octets left, written later %v, want none, false", len(o.buf), o.writing)
		}
		if _, err := far.Read(b); err != nil {
			t.Fatal(err)
		}
	}); got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
	if got := runtime.NumGoroutine(); got > before {
		t.Errorf("got %d goroutines, want %d", got, before)
	}
}

// startDirect is startTCP for a test that needs a session that already writes.
func startDirect(t *testing.T, opt Options, h Handler[any]) running {
	t.Helper()
	s := startTCP(t, opt, h)
	for !s.out.isStarted() {
		runtime.Gosched()
	}
	return s
}

func (o *output) isStarted() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.started
}

// FlushNow never waits for a peer that does not read. What the connection does not take leaves later, in order.
func TestFlushNowSlowPeer(t *testing.T) {
	s := startDirect(t, Options{}, fakeHandler{})
	f := newFrame(submitResp(0).ID(), 0, 0, strings.Repeat("x", 10_000))
	n := uint32(0)
	for ; !s.out.isBehind(); n++ {
		if err := s.Reply(f, n, time.Time{}); err != nil {
			t.Fatal(err)
		}
		s.FlushNow()
	}
	for range 3 { // behind what is being written
		if err := s.Reply(f, n, time.Time{}); err != nil {
			t.Fatal(err)
		}
		s.FlushNow()
		n++
	}
	for seq := range n {
		if got, err := s.peer.r.Next(); err != nil || got.Seq() != seq || got.Len() != f.Len() {
			t.Fatalf("frame %d of %d: got number %d, %v", seq, n, got.Seq(), err)
		}
	}
}

// isBehind reports whether the connection has not taken all that was flushed.
func (o *output) isBehind() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.writing && len(o.buf) > 0
}

// Several goroutines put out frames, and flush them in both ways, while the peer reads now and then. Nothing is
// lost, doubled or overtaken.
func TestFlushNowMixed(t *testing.T) {
	const senders, frames = 4, 5000
	s := startDirect(t, Options{}, fakeHandler{})
	var wg sync.WaitGroup
	for sender := range uint32(senders) {
		wg.Go(func() {
			body := strings.Repeat("x", 500)
			for i := range uint32(frames) {
				f := newFrame(submitResp(0).ID(), 0, 0, string(binary.BigEndian.AppendUint32(nil, sender))+body)
				for s.out.isFull() {
					runtime.Gosched()
				}
				if err := s.Reply(f, i, time.Now()); err != nil {
					t.Error(err)
					return
				}
				if i%3 == 0 {
					s.FlushNow()
				} else if i%7 == 0 || i == frames-1 {
					s.Flush()
				}
			}
		})
	}
	defer wg.Wait()
	var next [senders]uint32
	for range senders * frames {
		f, err := s.peer.r.Next()
		if err != nil {
			t.Fatal(err)
		}
		sender := binary.BigEndian.Uint32(f.Body())
		if f.Seq() != next[sender] {
			t.Fatalf("sender %d: got frame %d, want %d", sender, f.Seq(), next[sender])
		}
		next[sender]++
	}
}

func (o *output) isFull() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.buf) > softOutput
}

// What is put out behind a frame that is held leaves with it, although FlushNow has come before.
func TestFlushNowHeld(t *testing.T) {
	s := startDirect(t, Options{}, fakeHandler{})
	hold, err := s.ReplyHeld(submitResp(0), 1, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	s.FlushNow()
	if err := s.Reply(submitResp(0), 2, time.Time{}); err != nil {
		t.Fatal(err)
	}
	s.FlushNow()
	s.Release(hold)
	s.peer.want(submitResp(0).ID(), 0, 1)
	s.peer.want(submitResp(0).ID(), 0, 2)
}

// A panic of what FlushNow calls ends the session that is flushed, and not its caller.
func TestFlushNowPanic(t *testing.T) {
	s := startDirect(t, Options{Observe: func(time.Duration) { plantedPanic() }}, fakeHandler{})
	if err := s.Reply(submitResp(0), 1, time.Now()); err != nil {
		t.Fatal(err)
	}
	s.FlushNow()
	s.wantPanic()
}

// FlushNow of a connection that is gone ends the session.
func TestFlushNowGone(t *testing.T) {
	s := startDirect(t, Options{}, fakeHandler{})
	_ = s.conn.Close()
	if err := s.Reply(submitResp(0), 1, time.Now()); err == nil {
		s.FlushNow()
	}
	if err := s.wantEnded(); err == nil {
		t.Error("got no reason")
	}
}

// A reader has a buffer only while something is in it, and notices how a connection ends.
func TestDirectReader(t *testing.T) {
	near, far := tcpPair(t)
	r := newDirectReader(near)
	var buf []byte
	r.buf = &buf
	_ = r.conn.Control(func(fd uintptr) {
		if r.readFrom(fd) || buf != nil {
			t.Errorf("nothing to read: got %d octets and a buffer of %d, want to wait without one", r.n, len(buf))
		}
	})
	for _, want := range []string{"one", "another"} {
		if _, err := far.Write([]byte(want)); err != nil {
			t.Fatal(err)
		}
		if n, err := r.read(&buf); err != nil || string(buf[:n]) != want {
			t.Errorf("got %q, %v, want %q", buf[:n], err, want)
		}
	}
	_ = near.SetReadDeadline(time.Unix(1, 0))
	if _, err := r.read(&buf); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after the deadline: got %v", err)
	}
	_ = near.SetReadDeadline(time.Time{})
	_ = far.Close()
	if _, err := r.read(&buf); err != io.EOF {
		t.Errorf("the peer has left: got %v, want %v", err, io.EOF)
	}
	_ = near.Close()
	if _, err := r.read(&buf); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed: got %v, want %v", err, net.ErrClosed)
	}
}

// What a peer sends while a handler waits comes before what it sends then, and before its end.
func TestDirectReaderAfterAwait(t *testing.T) {
	var s running
	var got []uint32
	s = startTCP(t, Options{}, fakeHandler{request: func(f Frame) error {
		if got = append(got, f.Seq()); f.Seq() == 1 {
			s.Await(t.Context(), func(ctx context.Context) {
				s.peer.send(submit(2), submit(3))
				_ = s.peer.conn.Close()
				<-ctx.Done()
			})
		}
		return nil
	}})
	s.peer.send(submit(1))
	if err := s.wantEnded(); err != io.EOF || !slices.Equal(got, []uint32{1, 2, 3}) {
		t.Errorf("got %d, %v, want 1, 2, 3 and %v", got, err, io.EOF)
	}
}

// A long frame, and frames that come in pieces, are read from a connection as from any other source.
func TestDirectReaderPieces(t *testing.T) {
	const frames = 300
	got := make(chan int, frames)
	s := startTCP(t, Options{}, fakeHandler{request: func(f Frame) error { got <- f.Len(); return nil }})
	var all []byte
	for i := range frames {
		all = append(all, newFrame(submit(0).ID(), 0, uint32(i), strings.Repeat("x", i*i%50_000))...)
	}
	go func() {
		for rest := all; len(rest) > 0; {
			n, err := s.peer.conn.Write(rest[:min(len(rest), 1+len(rest)%7777)])
			if err != nil {
				t.Error(err)
				return
			}
			rest = rest[n:]
		}
	}()
	for i := range frames {
		if n := <-got; n != HeaderLen+i*i%50_000 {
			t.Fatalf("frame %d: got %d octets, want %d", i, n, HeaderLen+i*i%50_000)
		}
	}
}
