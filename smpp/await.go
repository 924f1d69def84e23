package smpp

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"
)

// earlyOctets is how much a peer may send ahead while Await waits and still be noticed when it leaves.
const earlyOctets = 4 << 10

// early is what arrived during Await. The read goroutine gets it before it reads on.
type early struct {
	octets []byte
	err    error // ended the connection
}

// Await runs wait for a handler that cannot answer a bind at once. The session-init timer is
// paused meanwhile, because the delay is ours. The context of wait ends with
// ctx, and when the peer leaves. Only the read goroutine may call it, in Handler.Request.
func (s *Session[R]) Await(ctx context.Context, wait func(context.Context)) {
	ctx, left := context.WithCancel(ctx)
	defer left()
	s.setTimers((*Timers).Held)
	var listening sync.WaitGroup
	listening.Go(func() {
		if s.listen() {
			left()
		}
	})
	defer func() { // also when wait panics
		// If these fail the connection is closed, and listen has ended or soon will.
		_ = s.conn.SetReadDeadline(time.Unix(1, 0))
		listening.Wait()
		_ = s.conn.SetReadDeadline(time.Time{})
		s.setTimers((*Timers).Resumed)
	}()
	wait(ctx)
}

// listen reads ahead until the peer leaves, earlyOctets are there or a deadline ends it. It
// reports whether the peer has left.
func (s *Session[R]) listen() (left bool) {
	buf := append(make([]byte, 0, earlyOctets), s.early.octets...)
	for s.early.err == nil && len(buf) < cap(buf) {
		n, err := s.conn.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		s.early.octets = buf
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return false
		}
		s.early.err = err
	}
	return s.early.err != nil
}

// setTimers changes the timers, and wakes their goroutine.
func (s *Session[R]) setTimers(change func(*Timers, time.Time)) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	change(&s.timers, time.Now())
	select {
	case s.bound <- struct{}{}:
	default: // they will wake anyway
	}
}
