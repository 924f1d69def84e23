package transport

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// openAtWord is a stage whose connections open when they have sent an octet: 'y'
// opens, any other is refused.
func openAtWord(ln net.Listener, o Opening) *stage {
	return newStage(ln, "word", o, func(conn net.Conn) (net.Conn, error) {
		b, err := readOctet(conn)
		if err == nil && b != 'y' {
			err = errors.New("another word")
		}
		return conn, err
	})
}

// takeAll accepts until the listener closes; how many have come, by address, is told
// by the function that it returns.
func takeAll(t *testing.T, ln net.Listener) (taken func(remote string) int) {
	t.Helper()
	var mu sync.Mutex
	conns := map[string][]net.Conn{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := ln.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			mu.Lock()
			if err != nil {
				conns[err.Error()] = append(conns[err.Error()], nil)
			} else {
				conns[conn.RemoteAddr().String()] = append(conns[conn.RemoteAddr().String()], conn)
			}
			mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		_ = ln.Close()
		<-done
	})
	return func(remote string) int {
		mu.Lock()
		defer mu.Unlock()
		return len(conns[remote])
	}
}

const (
	slow  = "192.0.2.1:1"
	quick = "192.0.2.2:1"
	third = "192.0.2.3:1"
)

func say(t *testing.T, conn net.Conn, word string) {
	t.Helper()
	if _, err := io.WriteString(conn, word); err != nil {
		t.Fatal(err)
	}
}

func isClosed(conn net.Conn) bool {
	_, err := conn.Read(make([]byte, 1))
	return errors.Is(err, io.EOF)
}

func TestStageSlowHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log record
		ln := newFakeListener()
		var refused []string
		taken := takeAll(t, openAtWord(ln, Opening{
			Timeout: 8 * time.Second, Log: log.logger(),
			Refused: func(reason, remote string) { refused = append(refused, reason+" "+remote) },
		}))
		begun := time.Now()
		silent := ln.dial(slow)
		for range 50 {
			say(t, ln.dial(quick), "y")
		}
		synctest.Wait()
		if got := taken(quick); got != 50 || time.Since(begun) != 0 {
			t.Errorf("got %d connections after %v, want 50 at once", got, time.Since(begun))
		}
		if !isClosed(silent) || time.Since(begun) != 8*time.Second {
			t.Errorf("the silent one ended after %v, want 8s", time.Since(begun))
		}
		synctest.Wait()
		if log.lines("connection refused", "reason=word", "remote="+slow, "not done in time") != 1 || log.lines() != 1 {
			t.Errorf("got log %q, want one line with the reason", &log)
		}
		if len(refused) != 1 || refused[0] != "word "+slow {
			t.Errorf("got refusals %q, want one of %s", refused, slow)
		}
		if got := taken(slow); got != 0 {
			t.Errorf("got %d silent connections, want none", got)
		}
	})
}

func TestStageRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log record
		ln := newFakeListener()
		taken := takeAll(t, openAtWord(ln, Opening{Log: log.logger()}))
		conn := ln.dial(quick)
		say(t, conn, "n")
		if !isClosed(conn) {
			t.Error("the connection is open")
		}
		synctest.Wait()
		if got := log.lines("reason=word", "remote="+quick, "another word"); got != 1 || taken(quick) != 0 {
			t.Errorf("got %d accepted, log %q, want none and a line with the reason", taken(quick), &log)
		}
	})
}

// TestStageMakesRoom has silent connections in all places. Nobody goes before the
// grace is over, and nobody without need after that.
func TestStageMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log record
		ln := newFakeListener()
		taken := takeAll(t, openAtWord(ln, Opening{Timeout: 8 * time.Second, AtOnce: 2, Log: log.logger()}))
		ln.dial(slow)
		ln.dial(slow)
		synctest.Wait()
		begun := time.Now()
		say(t, ln.dial(quick), "y") // waits until it is read
		if got := time.Since(begun); got != time.Second {
			t.Errorf("one that waits got room after %v, want the grace of 1s", got)
		}
		synctest.Wait()
		if taken(quick) != 1 || log.lines("slow while others waited") != 1 {
			t.Errorf("got %d accepted, log %q, want 1 and one that made room", taken(quick), &log)
		}
		<-time.After(time.Second)
		synctest.Wait()
		if got := log.lines(); got != 1 {
			t.Errorf("got %d refused while a place was free, want 1:\n%s", got, &log)
		}
	})
}

// TestStageWaitsForAccept leaves connections that are open where they are: places
// bound them, and none is dropped for another.
func TestStageWaitsForAccept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ln := newFakeListener()
		s := openAtWord(ln, Opening{Timeout: 8 * time.Second, AtOnce: 2})
		defer func() { _ = s.Close() }()
		begin := func() net.Conn {
			t.Helper()
			conn, err := s.Accept()
			if err != nil {
				t.Fatal(err)
			}
			return conn
		}
		for range 3 {
			conn := ln.dial(quick)
			go func() { _, _ = io.WriteString(conn, "y") }() // accepting below shows it
		}
		begin()
		<-time.After(time.Minute)
		begin()
		begin()
	})
}

// TestStageCloseWaits has a connection that takes its time to end.
func TestStageCloseWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ln := newFakeListener()
		var ended bool
		s := newStage(ln, "word", Opening{}, func(conn net.Conn) (net.Conn, error) {
			_, err := readOctet(conn)
			<-time.After(time.Second)
			ended = true
			return nil, err
		})
		takeAll(t, s)
		ln.dial(slow)
		synctest.Wait()
		if err := s.Close(); err != nil || !ended {
			t.Errorf("got %v before the last connection ended", err)
		}
	})
}

func TestStagePassesErrorsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ln := newFakeListener()
		for range 3 {
			ln.in <- accepted{err: errors.New("too many open files")}
		}
		taken := takeAll(t, openAtWord(ln, Opening{}))
		say(t, ln.dial(quick), "y")
		synctest.Wait()
		if errs, conns := taken("too many open files"), taken(quick); errs != 3 || conns != 1 {
			t.Errorf("got %d errors and %d connections, want 3 and 1", errs, conns)
		}
	})
}

// TestStageClose closes with connections in every state. synctest fails the test if
// a goroutine is left.
func TestStageClose(t *testing.T) {
	tests := []struct {
		name  string
		begin func(t *testing.T, s *stage, ln *fakeListener) []net.Conn
	}{
		{"before the first Accept", func(*testing.T, *stage, *fakeListener) []net.Conn { return nil }},
		{"opening, open, waiting for a place", func(t *testing.T, s *stage, ln *fakeListener) []net.Conn {
			first := ln.dial(quick)
			go func() { _, _ = io.WriteString(first, "y") }() // Accept shows it
			if _, err := s.Accept(); err != nil {
				t.Error(err)
			}
			open, opening, waiting := ln.dial(quick), ln.dial(slow), ln.dial(third)
			say(t, open, "y")
			return []net.Conn{open, opening, waiting}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log record
				ln := newFakeListener()
				s := openAtWord(ln, Opening{AtOnce: 2, Log: log.logger()})
				conns := tt.begin(t, s, ln)
				synctest.Wait()
				if err := s.Close(); err != nil {
					t.Error(err)
				}
				for i, conn := range conns {
					if !isClosed(conn) {
						t.Errorf("connection %d is open", i)
					}
				}
				if _, err := s.Accept(); !errors.Is(err, net.ErrClosed) {
					t.Errorf("got %v, want %v", err, net.ErrClosed)
				}
				if err := s.Close(); err != nil {
					t.Errorf("second Close: %v", err)
				}
				if got := log.lines(); got != 0 {
					t.Errorf("got log %q, want none: nobody is refused", &log)
				}
			})
		})
	}
}
