package smpp

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestLateness(t *testing.T) {
	began := time.Unix(1795000000, 0)
	var l lateness
	if l.isFirst(began) {
		t.Error("the first tick of all is late")
	}
	for _, tt := range []struct {
		name string
		late time.Duration
		want bool
	}{
		{"in time", 0, false},
		{"a little late", stalled, false},
		{"after a stop", stalled + 1, true},
		{"late again", time.Minute, false}, // the machine is busy: the timers have to act
		{"after another stop", 20 * time.Second, true},
		{"in time after it", 0, false},
	} {
		l.next = began
		if got := l.isFirst(began.Add(tt.late)); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// When the timers have not run for a while, what the peer has sent is read before requests expire.
func TestReadBeforeExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const response, stop = 10 * time.Second, 5 * time.Second
		began := time.Now()
		var expired []time.Duration
		s := start(t, BoundTRX, Options{SMSC: true, Response: response}, fakeHandler{expired: func(Pending[any]) {
			expired = append(expired, time.Since(began))
			time.Sleep(stop) // nothing runs
		}})
		s.try(1, nil)
		s.Flush()
		time.Sleep(2 * time.Second)
		s.try(2, nil)
		s.Flush()
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(expired) != 2 || expired[0] != response || expired[1] != response+stop+2*time.Second+catchUp {
			t.Errorf("requests expired after %v, want %s, and %s later after the stop", expired, response, catchUp)
		}
	})
}
