package smpp

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// A peer that never reads is given up after the write time-out, and costs no more
// than the output's limits until then.
func TestSlowPeer(t *testing.T) {
	const timeout = 20 * time.Second
	long := newFrame(pdu.SubmitSMID, 0, 1, string(make([]byte, 1000)))
	tests := []struct {
		name string
		put  func(s running) error // until it fails
	}{
		{"requests wait", func(s running) error { return s.Send(long, time.Now(), nil) }},
		{"responses do not", func(s running) error {
			s.Flush()
			return s.Reply(long, 1, time.Now())
		}},
		{"calls do not", func(s running) error {
			ctx, cancel := context.WithCancel(context.Background())
			cancel() // nobody waits for the answer
			if err := s.Call(ctx, long); err != context.Canceled {
				return err
			}
			return nil
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := start(t, BoundTRX, Options{WriteTimeout: timeout}, fakeHandler{})
				begin, n := time.Now(), 0
				for ; tt.put(s) == nil; n++ {
					if n*len(long) > 2*hardOutput {
						t.Fatalf("%d octets were taken, want at most %d", n*len(long), hardOutput)
					}
				}
				s.wantReason(ErrSlowPeer)
				if got := time.Since(begin); got > timeout {
					t.Errorf("given up after %v, want %v at most", got, timeout)
				}
				if s.out.buf != nil {
					t.Error("the output is kept")
				}
			})
		})
	}
}

// Who asks on and on without reading the answers is not read any more.
func TestSlowPeerAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, BoundTRX, Options{WriteTimeout: 20 * time.Second}, fakeHandler{})
		ask := request(pdu.EnquireLinkID, 1)
		most := 2 * (softOutput + autoFlush + readBuffer)
		n := 0
		for ; ; n += len(ask) {
			if _, err := s.peer.conn.Write(ask); err != nil {
				break
			}
			if n > most {
				t.Fatalf("%d octets of questions were read, want at most %d", n, most)
			}
		}
		s.wantReason(ErrSlowPeer)
	})
}

// A slow line is no dead one: the time-out counts from the last octet taken.
func TestSlowLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, BoundTRX, Options{WriteTimeout: 10 * time.Second}, fakeHandler{})
		f := newFrame(pdu.SubmitSMRespID, 0, 1, strings.Repeat("x", 100))
		if err := s.Reply(f, 1, time.Now()); err != nil {
			t.Fatal(err)
		}
		s.Flush()
		var got []byte
		for piece := make([]byte, 20); len(got) < len(f); {
			<-time.After(6 * time.Second) // the line's own pace
			n, err := s.peer.conn.Read(piece)
			if err != nil {
				t.Fatalf("after %d of %d octets: %v", len(got), len(f), err)
			}
			got = append(got, piece[:n]...)
		}
		if !bytes.Equal(got, f) {
			t.Errorf("got % x, want % x", got, f)
		}
	})
}

// Finish writes what was put out, held or not, and then hangs up.
func TestFinish(t *testing.T) {
	tests := []struct {
		name    string
		release time.Duration // of the held response; zero for never
		want    bool          // it is written
		after   time.Duration
	}{
		{"held response released", time.Second, true, time.Second},
		{"held response stuck", 0, false, UnbindTime},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := start(t, BoundTRX, Options{}, fakeHandler{})
				begin := time.Now()
				if err := s.Reply(submitResp(0), 1, begin); err != nil {
					t.Fatal(err)
				}
				hold, err := s.ReplyHeld(submitResp(0), 2, begin)
				if err != nil {
					t.Fatal(err)
				}
				s.Finish(ErrUnbound)
				if tt.release > 0 {
					time.AfterFunc(tt.release, func() { s.Release(hold) })
				}
				s.peer.want(pdu.SubmitSMRespID, 0, 1)
				if tt.want {
					s.peer.want(pdu.SubmitSMRespID, 0, 2)
				}
				s.peer.wantEnd()
				since(t, "end", begin, tt.after)
				s.wantReason(ErrUnbound)
			})
		})
	}
}

// A peer that talks on is not answered by a finished session, which waits for
// what is held and nothing else.
func TestFinishAnswersNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, BoundTRX, Options{}, fakeHandler{request: func(f Frame) error {
			t.Errorf("handler was given %s after the end", Command(f.ID()))
			return nil
		}})
		hold, err := s.ReplyHeld(submitResp(0), 1, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		s.Finish(ErrUnbound)
		s.peer.send(submit(2), request(pdu.EnquireLinkID, 3))
		synctest.Wait()
		s.Release(hold)
		s.peer.want(pdu.SubmitSMRespID, 0, 1)
		s.peer.wantEnd()
		s.wantReason(ErrUnbound)
	})
}

func TestUnbind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, BoundTRX, Options{SMSC: true}, fakeHandler{})
		go s.Unbind(t.Context(), ErrUnbound)
		s.peer.want(pdu.UnbindID, 0, OwnSeq)
		s.peer.send(request(pdu.UnbindRespID, OwnSeq))
		s.peer.wantEnd()
		s.wantReason(ErrUnbound)
	})
}

func TestGone(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want bool
	}{
		{"end of file", io.EOF, true},
		{"within a frame", io.ErrUnexpectedEOF, true},
		{"reset", &net.OpError{Op: "read", Err: syscall.ECONNRESET}, true},
		{"broken pipe", writeError(syscall.EPIPE), true},
		{"silent", ErrDead, false},
		{"not SMPP", &FrameError{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Gone(tt.err); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// startTCP runs a session over a real connection.
func startTCP(t *testing.T, opt Options, h Handler[any]) running {
	t.Helper()
	near, far := tcpPair(t)
	_ = far.SetDeadline(time.Now().Add(20 * time.Second))
	return startOn(t, near, far, BoundTRX, opt, h)
}

func tcpPair(t testing.TB) (near, far net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	if far, err = net.Dial("tcp", ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if near, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = near.Close(), far.Close() })
	return near, far
}

// Who sends no SMPP learns so, however much of it he has sent already.
func TestGarbageOverTCP(t *testing.T) {
	s := startTCP(t, Options{}, fakeHandler{})
	if _, err := s.peer.conn.Write(bytes.Repeat([]byte("GET / HTTP/1.1\r\n"), 50_000)); err != nil {
		t.Fatalf("garbage was not taken: %v", err)
	}
	got, err := io.ReadAll(s.peer.conn)
	want := octets(t, "00000010 80000000 00000002 2E310D0A")
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("got % x (%v), want % x", got, err, want)
	}
}

// The answers of a session that is finished arrive though the peer still sends.
func TestFinishOverTCP(t *testing.T) {
	s := startTCP(t, Options{}, fakeHandler{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			if _, err := s.peer.conn.Write(submit(1)); err != nil {
				return
			}
		}
	}()
	const answers = 50_000
	for seq := range uint32(answers) {
		if err := s.Reply(submitResp(0), seq, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	s.Finish(ErrUnbound)
	for seq := range uint32(answers) {
		f, err := s.peer.r.Next()
		if err != nil || f.Seq() != seq {
			t.Fatalf("answer %d: got % x, %v", seq, f, err)
		}
	}
	_ = s.peer.conn.Close()
	<-stopped
	if err := s.wantEnded(); err != ErrUnbound {
		t.Errorf("reason: got %v, want %v", err, ErrUnbound)
	}
}
