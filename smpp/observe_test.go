package smpp

import (
	"testing"
	"testing/synctest"
	"time"
)

// Observe gets the time of a frame in the process: from its arrival until it was written.
func TestObserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := make(chan time.Duration, 10)
		s := start(t, BoundTRX, Options{SMSC: true, Observe: func(d time.Duration) { told <- d }}, fakeHandler{})
		arrived := time.Now()
		<-time.After(3 * time.Second)
		if err := s.Reply(submitResp(1), 1, time.Time{}); err != nil { // the session's own
			t.Fatal(err)
		}
		s.Flush()
		if _, err := s.peer.r.Next(); err != nil {
			t.Fatal(err)
		}
		if err := s.Send(submit(2), arrived, nil); err != nil {
			t.Fatal(err)
		}
		<-time.After(4 * time.Second)
		s.Flush()
		if _, err := s.peer.r.Next(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if len(told) != 1 {
			t.Fatalf("got %d told, want 1", len(told))
		}
		if got := <-told; got != 7*time.Second {
			t.Errorf("got %v, want %v", got, 7*time.Second)
		}
	})
}
