package smpp

import (
	"testing"
	"testing/synctest"
	"time"
)

// Frames that leave in one write are put in at one time. What keeps a frame back makes the next one younger: it
// may wait long, and the time that the peer has to answer begins when the request leaves.
func TestOutputNow(t *testing.T) {
	for _, tt := range []struct {
		name string
		keep func(o *output) // between the two frames
		want time.Duration
	}{
		{"nothing", func(*output) {}, 0},
		{"it has left", func(o *output) { o.take() }, time.Second},
		{"another batch is being written", func(o *output) { o.writing = true }, time.Second},
		{"a held frame", func(o *output) { o.putHeld(1) }, time.Second},
		{"nothing is written yet", func(o *output) { o.started = false }, time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOutput(Options{})
				o.started = true
				first := o.now()
				o.putNext(1)
				tt.keep(o)
				time.Sleep(time.Second)
				if got := o.now().Sub(first); got != tt.want {
					t.Errorf("the second frame is %s younger, want %s", got, tt.want)
				}
			})
		})
	}
}
