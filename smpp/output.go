package smpp

import (
	"net"
	"sync"
	"time"
)

// output is the queue of frames to be written to the peer. Frames leave in the order in which
// they were put in. A held frame delays itself and all frames behind it until it is released,
// so that no frame overtakes it. One goroutine at a time writes: a caller of FlushNow, or one that is
// started when there is something to write, and ends when there is nothing.
type output struct {
	// Static after construction.
	conn    net.Conn
	direct  *directWriter // nil: a write to the connection may wait
	timeout time.Duration // how long the peer may read nothing
	observe func(added time.Duration)
	room    func()            // called when fewer octets are unwritten; may be nil
	broken  func(cause error) // called when writing fails; it calls fail
	over    func()            // run by a goroutine when nothing more will be written

	// Guarded by mu.
	mu      sync.Mutex
	drained sync.Cond // wakes goroutines that wait for room
	started bool      // batches are written
	writing bool      // somebody writes a batch, or is about to
	isOver  bool      // over was called
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
	asked   time.Time // when now has asked for the time
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
	o.drained.L = &o.mu
	o.direct = newDirectWriter(conn)
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

// now returns the time at which a frame is put in; o.mu is held. All that leave in one write share it, as long as
// nothing keeps them back.
func (o *output) now() time.Time {
	if len(o.buf) == 0 || o.writing || !o.started || o.head < len(o.holds) {
		o.asked = time.Now()
	}
	return o.asked
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

// start lets writing begin. broken is called if it fails, and over, on a goroutine of its own, when nothing more
// will be written.
func (o *output) start(broken func(cause error), over func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.started, o.broken, o.over = true, broken, over
	o.startWriter()
	o.settle()
}

// wakeWriter lets what is not held be written; o.mu is held.
func (o *output) wakeWriter() {
	o.flush = true
	o.startWriter()
}

// startWriter starts a goroutine that writes, if there is something to write and nobody writes; o.mu is held.
func (o *output) startWriter() {
	if o.started && !o.writing && o.ready() {
		o.writing = true
		go o.run()
	}
}

// settle notes whether nothing more will be written; o.mu is held.
func (o *output) settle() {
	if o.started && !o.writing && !o.isOver && o.ended && (o.failed || len(o.buf) == 0) {
		o.isOver = true
		go o.over()
	}
}

// Flush lets everything that is not held be written. It never waits.
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

// end says that nothing more will be put in. What is there is written, when holds are released. It reports
// whether this is the first call.
func (o *output) end() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	first := !o.ended
	o.ended = true
	o.drained.Broadcast()
	o.startWriter()
	o.settle()
	return first
}

// fail ends writing at once.
func (o *output) fail() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended, o.failed, o.buf, o.holds, o.head = true, true, nil, nil, 0
	o.drained.Broadcast()
	o.settle()
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

// ready reports whether there is something to write now; o.mu is held.
func (o *output) ready() bool { return !o.failed && (o.flush || o.ended) && o.writable() > 0 }

// changed wakes all waiting goroutines; o.mu is held.
func (o *output) changed() {
	if o.waiting > 0 {
		o.drained.Broadcast()
	}
}

// next takes what is to be written now. The batch before it is free for reuse. If there is nothing, the
// caller writes no more.
func (o *output) next() (batch []byte, sampled time.Time, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.ready() {
		o.flush, o.writing = false, false
		o.settle()
		return nil, sampled, false
	}
	batch, sampled = o.take()
	return batch, sampled, true
}

// take takes what is not held; o.mu is held.
func (o *output) take() (batch []byte, sampled time.Time) {
	n := o.writable()
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
	return batch, sampled
}
