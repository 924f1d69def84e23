package smpp

import (
	"testing"
)

func TestOutputLimits(t *testing.T) {
	o := newOutput(Options{})
	size := len(newFrame(0, 0, 0, "id\x00"))
	for n := size; n <= hardOutput; n += size {
		if !o.putNext(0) {
			t.Fatalf("at %d octets: got refused, want that at %d", n, hardOutput)
		}
	}
	if o.putNext(0) {
		t.Fatalf("over %d octets: got put, want refused", hardOutput)
	}
	o.leave(t)
	if !o.putNext(0) {
		t.Fatal("after the batch was taken: got refused, want put")
	}
	o.leave(t)
	o.leave(t)
	if got, most := cap(o.buf)+cap(o.spare), 4*softOutput; got > most {
		t.Errorf("memory kept after a burst: got %d octets, want at most %d", got, most)
	}
}

// The last octet that is allowed may be put in, and no other.
func TestOutputHardLimit(t *testing.T) {
	f := submitResp(1)
	for over, want := range []bool{true, false} {
		o := newOutput(Options{})
		o.buf = make([]byte, hardOutput-len(f)+over)
		if got := o.putNext(1); got != want {
			t.Errorf("%d octets: got %v, want %v", len(o.buf), got, want)
		}
	}
}

// Little is written when it is flushed, much at once.
func TestOutputAutoFlush(t *testing.T) {
	f := submitResp(1)
	for _, tt := range []struct {
		name   string
		before int // octets
		want   bool
	}{
		{"first", 0, false},
		{"up to the limit", autoFlush - len(f), false},
		{"over the limit", autoFlush - len(f) + 1, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOutput(Options{})
			o.buf = make([]byte, tt.before)
			o.putNext(1)
			if got := o.ready(); got != tt.want {
				t.Errorf("ready: got %v, want %v", got, tt.want)
			}
			o.Flush()
			if !o.ready() {
				t.Error("flushed: got nothing to write")
			}
			o.next()
			o.putNext(2)
			if o.ready() {
				t.Error("put in behind a batch: it is written before it is flushed")
			}
		})
	}
}

// Nothing leaves while the first frame is held, however much is behind it.
func TestOutputHeldAutoFlush(t *testing.T) {
	o := newOutput(Options{})
	first := o.putHeld(1)
	second := o.putHeld(2)
	for range autoFlush / 10 {
		o.putNext(3)
	}
	o.Flush()
	if o.ready() {
		t.Error("held: got something to write")
	}
	o.flush = false
	o.release(second)
	if o.ready() || o.flush {
		t.Error("a later one released: got something to write")
	}
	o.release(first)
	if !o.ready() || o.writable() != len(o.buf) {
		t.Errorf("released: got %d octets to write, want %d", o.writable(), len(o.buf))
	}
}

// Holds take no memory once they are released, though there is always one.
func TestOutputHoldsMemory(t *testing.T) {
	o := newOutput(Options{})
	last := o.putHeld(0)
	for seq := range uint32(20_000) {
		next := o.putHeld(seq + 1)
		o.release(last)
		last = next
		if o.leave(t); len(o.holds) > 10 {
			t.Fatalf("after %d: got %d holds kept, want few", seq, len(o.holds))
		}
	}
}

// Nothing more is written when the last batch is, or when writing has failed. A batch that is being written
// counts as not written.
func TestOutputOver(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(o *output)
		want bool
	}{
		{"nothing was put in", func(o *output) { o.next(); o.end() }, true},
		{"all is written", func(o *output) { o.putNext(1); o.Flush(); o.next(); o.next(); o.end() }, true},
		{"a batch is being written", func(o *output) { o.putNext(1); o.Flush(); o.next(); o.end() }, false},
		{"that was the last", func(o *output) { o.putNext(1); o.Flush(); o.next(); o.end(); o.next() }, true},
		{"held", func(o *output) { o.putHeld(1); o.end(); o.next() }, false},
		{"failed", func(o *output) { o.putHeld(1); o.next(); o.fail() }, true},
		{"failed while a batch is being written", func(o *output) { o.putNext(1); o.Flush(); o.next(); o.fail() }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o, over := newOutput(Options{}), make(chan struct{})
			o.start(func(error) {}, func() { close(over) })
			o.writing = true // by the test
			tt.end(o)
			o.mu.Lock()
			defer o.mu.Unlock()
			if o.isOver != tt.want {
				t.Fatalf("got %v, want %v", o.isOver, tt.want)
			}
			if tt.want {
				<-over
			}
		})
	}
}
