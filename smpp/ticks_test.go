package smpp

import (
	"regexp"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// Ticks run one at a time. What changes during one is looked at when it ends.
func TestTicksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin, now := time.Now(), 0
		var sent uint32
		var expired []time.Duration
		var s running
		s = start(t, BoundTRX, Options{SMSC: true, Response: time.Second}, fakeHandler{expired: func(p Pending[any]) {
			if now++; now > 1 {
				t.Error("two ticks run at a time")
			}
			defer func() { now-- }()
			expired = append(expired, time.Since(begin))
			if sent++; sent == 1 {
				s.try(2, nil)
				s.SetState(BoundTRX) // makes the timers look
				time.Sleep(500 * time.Millisecond)
			}
		}})
		s.try(1, nil)
		s.Flush()
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(expired) != 2 || expired[0] != time.Second || expired[1] != 2*time.Second {
			t.Errorf("requests expired after %v, want 1s and 2s", expired)
		}
	})
}

// When Run returns, no tick runs.
func TestTicksEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := false
		s := start(t, BoundTRX, Options{SMSC: true, Response: time.Second}, fakeHandler{expired: func(Pending[any]) {
			time.Sleep(time.Minute)
			ended = true
		}})
		s.try(1, nil)
		time.Sleep(2 * time.Second)
		s.Close(ErrClosed)
		if err := s.wantEnded(); err != ErrClosed || !ended {
			t.Errorf("got %v, and the tick has ended: %v; want %v, true", err, ended, ErrClosed)
		}
	})
}

// A session in which nothing happens has one goroutine, which reads.
func TestIdleGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := bubbleGoroutines()
		opt := Options{Response: time.Second, Timers: Timers{EnquireLink: time.Minute, Answer: time.Second, Inactivity: time.Hour}}
		start(t, BoundTRX, opt, fakeHandler{})
		synctest.Wait()
		if got := bubbleGoroutines() - before; got != 1 {
			t.Errorf("got %d goroutines, want 1", got)
		}
	})
}

// bubbleGoroutines returns how many goroutines the caller's bubble has. Those of the tests before may still
// be ending, so runtime.NumGoroutine does not say it.
func bubbleGoroutines() int {
	own := make([]byte, 200)
	own = own[:runtime.Stack(own, false)]
	bubble := regexp.MustCompile(`synctest bubble \d+`).Find(own)
	all := make([]byte, 1<<20)
	all = all[:runtime.Stack(all, true)]
	return len(regexp.MustCompile(`(?m)^goroutine .*\b`+string(bubble)+`\b`).FindAll(all, -1))
}
