package smpp

import (
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// tcpLike is a pipe of which one direction can be closed by itself, as with TCP. It counts.
type tcpLike struct {
	net.Conn
	halves, closes atomic.Int32
	reset          bool // a deadline cannot be set
}

func (c *tcpLike) CloseWrite() error { c.halves.Add(1); return nil }
func (c *tcpLike) Close() error      { c.closes.Add(1); return c.Conn.Close() }

func (c *tcpLike) SetWriteDeadline(t time.Time) error {
	if c.reset {
		return errReset
	}
	return c.Conn.SetWriteDeadline(t)
}

var errReset = errors.New("connection is reset")

// startTCPLike runs a session over a tcpLike.
func startTCPLike(t *testing.T, h Handler[any]) (running, *tcpLike) {
	t.Helper()
	near, far := net.Pipe()
	conn := &tcpLike{Conn: near}
	return startOn(t, conn, far, BoundTRX, Options{}, h), conn
}

// A peer whose session has finished learns that no more comes, and has a second to close as
// well.
func TestFinishLingers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, conn := startTCPLike(t, fakeHandler{})
		begin := time.Now()
		s.Finish(ErrUnbound)
		synctest.Wait()
		if halves, closes := conn.halves.Load(), conn.closes.Load(); halves != 1 || closes != 0 {
			t.Errorf("at first: got %d half closed, %d closed, want 1, 0", halves, closes)
		}
		s.wantReason(ErrUnbound)
		since(t, "end", begin, lingerTime)
	})
	synctest.Test(t, func(t *testing.T) {
		s, _ := startTCPLike(t, fakeHandler{})
		begin := time.Now()
		s.Finish(ErrUnbound)
		synctest.Wait()
		_ = s.peer.conn.Close()
		s.wantReason(ErrUnbound)
		since(t, "end, when the peer closes as well", begin, 0)
	})
}

// A session that is closed does not linger, and one that has ended is not closed again
// when its time to finish is over.
func TestCloseDoesNotLinger(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(s running)
	}{
		{"closed", func(s running) { s.Close(ErrUnbound) }},
		{"finished, then closed", func(s running) { s.Finish(ErrUnbound); s.Close(ErrUnbound) }},
		{"finished, and the peer leaves", func(s running) { s.Finish(ErrUnbound); _ = s.peer.conn.Close() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, conn := startTCPLike(t, fakeHandler{})
				begin := time.Now()
				synctest.Wait()
				tt.end(s)
				s.wantReason(ErrUnbound)
				since(t, "end", begin, 0)
				closes := conn.closes.Load()
				s.cancel(nil)
				<-time.After(2 * UnbindTime)
				if got := conn.closes.Load(); got != closes || got == 0 {
					t.Errorf("got closed %d times, and %d later, want no more", closes, got)
				}
			})
		})
	}
}

// What a peer still sends to a session that has read enough is taken and thrown away,
// within bounds, so that it reads our last PDU.
func TestLingerTakes(t *testing.T) {
	for _, tt := range []struct {
		name   string
		octets int
		taken  bool
		after  time.Duration
	}{
		{"nothing", 0, true, lingerTime},
		{"some", lingerOctets - 1, true, lingerTime},
		{"too much", lingerOctets + 1, false, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := startTCPLike(t, fakeHandler{})
				begin := time.Now()
				s.peer.send(make(Frame, HeaderLen)) // command_length 0
				s.peer.want(pdu.GenericNACKID, StatusInvCmdLen, 0)
				_, err := s.peer.conn.Write(make([]byte, tt.octets))
				if (err == nil) != tt.taken {
					t.Errorf("%d octets: got %v, want taken %v", tt.octets, err, tt.taken)
				}
				s.peer.wantEnd()
				since(t, "end", begin, tt.after)
				var bad *FrameError
				if err := s.wantEnded(); !errors.As(err, &bad) {
					t.Errorf("reason: got %v, want a FrameError", err)
				}
			})
		})
	}
}
