package smpp

import (
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// A connection that fails ends the session with what is wrong with it.
func TestWriteFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, conn := startTCPLike(t, fakeHandler{})
		synctest.Wait()
		conn.reset = true
		if err := s.Reply(submitResp(1), 1, time.Now()); err != nil {
			t.Fatal(err)
		}
		s.Flush()
		s.wantReason(errReset)
	})
}

// A connection that somebody else closed is a closed session.
func TestConnectionClosedUnderneath(t *testing.T) {
	s := startTCP(t, Options{}, fakeHandler{})
	_ = s.conn.Close()
	if err := s.wantEnded(); err != ErrClosed {
		t.Errorf("got %v, want %v", err, ErrClosed)
	}
}

// half takes one octet at a time and then fails.
type half struct {
	net.Conn
	writes int
	err    error
}

func (c *half) SetWriteDeadline(time.Time) error { return nil }

func (c *half) Write([]byte) (int, error) { c.writes++; return 1, c.err }

// A write that fails is not taken up again behind what was written, as it is after a
// time-out.
func TestWriteFailsHalfway(t *testing.T) {
	conn := &half{err: errReset}
	o := new(output)
	o.init(conn, Options{})
	if err := o.write([]byte("several octets")); err != errReset || conn.writes != 1 {
		t.Errorf("got %v after %d writes, want %v after one", err, conn.writes, errReset)
	}
}

// A source that gives neither octets nor an error is not asked for ever.
func TestReaderNoProgress(t *testing.T) {
	r := NewReader(readerFunc(func([]byte) (int, error) { return 0, nil }))
	if _, err := r.Next(); err != io.ErrNoProgress {
		t.Errorf("got %v, want %v", err, io.ErrNoProgress)
	}
}

// The reason of a session without framing says what was wrong.
func TestFrameErrorText(t *testing.T) {
	err := &FrameError{Length: 15}
	if got, want := err.Error(), "command_length 15 is outside 16…66560"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
