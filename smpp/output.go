package smpp

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// output is the queue of frames to be written to the peer. Frames leave in the order in which
// they were put in. A held frame delays itself and all frames behind it until it is released,
// so that no frame overtakes it. One goroutine writes.
type output struct {
	conn    net.Conn
	timeout time.Duration // how long the peer may read nothing
	observe func(added time.Duration)
	room    func() // called when fewer octets are unwritten; may be nil

	mu      sync.Mutex
	wake    sync.Cond // wakes the writer
	drained sync.Cond // wakes goroutines that wait for room
	buf     []byte
	spare   []byte
	taken   uint64 // octets that were taken out of buf: the position of buf in the stream
	waiting int    // goroutines in drained.Wait
	flush   bool   // something may be written now
	ended   bool   // nothing more will be put in
	failed  bool   // nothing more will be written
	holds   []hold // holds[head:] are not released, or were released behind one that is not
	head    int
	first   uint64 // id of holds[head]
	sample  sample
}

// hold marks the position of a held frame in the stream.
type hold struct {
	at       uint64
	released bool
}

// sample follows one frame at a time from its arrival until it is written.
type sample struct {
	arrived time.Time
	end     uint64 // its end in the stream
}

const (
	softOutput = 256 << 10 // requests wait while more octets than this are unwritten
	hardOutput = 4 << 20   // the session ends when more octets than this are unread by the peer
	autoFlush  = 32 << 10  // so many octets are written at once, even while more frames arrive
)

func (o *output) init(conn net.Conn, opt Options) {
	o.conn, o.timeout, o.observe, o.room = conn, opt.WriteTimeout, opt.Observe, opt.Room
	o.wake.L, o.drained.L = &o.mu, &o.mu
}

// put appends f with the given sequence_number; o.mu is held. arrived is when f came in, or
// zero. put returns false if the peer has left too much unread.
func (o *output) put(f Frame, seq uint32, arrived time.Time) bool {
	at := len(o.buf)
	o.buf = append(o.buf, f...)
	Frame(o.buf[at:]).SetSeq(seq)
	if o.observe != nil && o.sample.arrived.IsZero() && !arrived.IsZero() {
		o.sample = sample{arrived, o.taken + uint64(len(o.buf))}
	}
	if len(o.buf) > autoFlush {
		o.wakeWriter()
	}
	return len(o.buf) <= hardOutput
}

// hold delays the frame that is put in next, until release of the returned id; o.mu is held.
func (o *output) hold() uint64 {
	o.holds = append(o.holds, hold{at: o.taken + uint64(len(o.buf))})
	return o.first + uint64(len(o.holds)-o.head) - 1
}

// release ends the hold of a frame, and wakes the writer if it is the first one.
func (o *output) release(id uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	held := o.holds[o.head:]
	if id < o.first || id-o.first >= uint64(len(held)) {
		return
	}
	held[id-o.first].released = true
	if !held[0].released {
		return
	}
	for o.head < len(o.holds) && o.holds[o.head].released {
		o.head++
		o.first++
	}
	if o.head > len(o.holds)/2 {
		o.holds, o.head = o.holds[:copy(o.holds, o.holds[o.head:])], 0
	}
	o.wakeWriter()
}

// wakeWriter lets the writer write what is not held; o.mu is held.
func (o *output) wakeWriter() {
	if !o.flush || o.ended {
		o.flush = true
		o.wake.Signal()
	}
}

// Flush lets the writer write everything that is not held.
func (o *output) Flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.writable() > 0 {
		o.wakeWriter()
	}
}

// writable returns how many octets of buf may be written; o.mu is held.
func (o *output) writable() int {
	if o.head < len(o.holds) {
		return int(o.holds[o.head].at - o.taken)
	}
	return len(o.buf)
}

// end lets the writer return once it has written what is there and holds are released. It
// reports whether this is the first call.
func (o *output) end() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	first := !o.ended
	o.ended = true
	o.wake.Signal()
	o.drained.Broadcast()
	return first
}

// fail stops the writer at once.
func (o *output) fail() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended, o.failed, o.buf, o.holds, o.head = true, true, nil, nil, 0
	o.wake.Signal()
	o.drained.Broadcast()
}

// wait returns true when cond does, and false when the writer has failed; o.mu is held.
func (o *output) wait(cond func() bool) bool {
	for !o.failed && !cond() {
		if o.writable() > 0 {
			o.wakeWriter() // cond may depend on a flush
		}
		o.waiting++
		o.drained.Wait()
		o.waiting--
	}
	return !o.failed
}

// ready reports whether the writer has something to do; o.mu is held.
func (o *output) ready() bool {
	if o.ended {
		return o.writable() > 0 || len(o.buf) == 0
	}
	return o.flush && o.writable() > 0
}

// changed wakes all waiting goroutines; o.mu is held.
func (o *output) changed() {
	if o.waiting > 0 {
		o.drained.Broadcast()
	}
}

// run writes until end or fail is called, or until the peer reads nothing for the time-out.
func (o *output) run() error {
	for {
		batch, sampled, ok := o.next()
		if !ok {
			return nil
		}
		if o.room != nil {
			o.room()
		}
		if err := o.write(batch); err != nil {
			return err
		}
		if !sampled.IsZero() {
			o.observe(time.Since(sampled))
		}
	}
}

// write writes b. The time-out starts again with each octet that the peer takes, so that a
// long batch on a slow line does not look like a dead peer.
func (o *output) write(b []byte) error {
	for {
		if err := o.conn.SetWriteDeadline(time.Now().Add(o.timeout)); err != nil {
			return err
		}
		n, err := o.conn.Write(b)
		if err == nil || n == 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		b = b[n:]
	}
}

// next waits for a batch and takes it. The batch before it is free for reuse.
func (o *output) next() (batch []byte, sampled time.Time, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for !o.failed && !o.ready() {
		o.flush = false
		o.wake.Wait()
	}
	n := o.writable()
	if n == 0 || o.failed {
		return nil, sampled, false
	}
	o.flush = false
	batch = o.buf[:n]
	o.buf, o.spare = append(o.spare[:0], o.buf[n:]...), o.buf[:0]
	if cap(o.spare) > 2*softOutput {
		o.spare = nil // after a burst, give its memory back
	}
	o.taken += uint64(n)
	if o.sample.end <= o.taken {
		sampled, o.sample = o.sample.arrived, sample{}
	}
	o.changed()
	return batch, sampled, true
}
