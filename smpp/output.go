package smpp

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// output is what waits to be written to the peer. Frames leave in the order in
// which they were put in; a held frame keeps back itself and all behind it until
// it is released, so that nothing overtakes it. One goroutine writes.
type output struct {
	conn    net.Conn
	timeout time.Duration // of a peer that takes nothing
	observe func(added time.Duration)
	room    func() // told when what was unwritten is less; may be nil

	mu      sync.Mutex
	wake    sync.Cond // the writer's
	drained sync.Cond // of those who wait for room
	buf     []byte
	spare   []byte
	taken   uint64 // octets taken out of buf: where buf starts in all that was put in
	waiting int    // goroutines in drained.Wait
	flush   bool   // something may be written now
	ended   bool   // nothing more will be put in
	failed  bool   // nothing more will be written
	holds   []hold // from head on: those not released, and released ones behind such
	head    int
	first   uint64 // id of holds[head]
	sample  sample
}

// hold marks where a held frame starts in all that was put in.
type hold struct {
	at       uint64
	released bool
}

// sample follows one frame at a time from its arrival to its departure.
type sample struct {
	arrived time.Time
	end     uint64 // where it ends in all that was put in
}

const (
	softOutput = 256 << 10 // requests wait while more than this is unwritten
	hardOutput = 4 << 20   // the session ends when a peer leaves more than this unread
	autoFlush  = 32 << 10  // written without waiting for the reader to run dry
)

func (o *output) init(conn net.Conn, opt Options) {
	o.conn, o.timeout, o.observe, o.room = conn, opt.WriteTimeout, opt.Observe, opt.Room
	o.wake.L, o.drained.L = &o.mu, &o.mu
}

// put appends f under another sequence_number; o.mu is held. arrived is zero, or
// when f came in. It reports false when the peer has left too much unread.
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

// hold keeps back what is put in next, until release of the id returned; o.mu is held.
func (o *output) hold() uint64 {
	o.holds = append(o.holds, hold{at: o.taken + uint64(len(o.buf))})
	return o.first + uint64(len(o.holds)-o.head) - 1
}

// release lets a held frame go, and wakes the writer if it is the first.
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

// wakeWriter lets the writer take what may go; o.mu is held.
func (o *output) wakeWriter() {
	if !o.flush || o.ended {
		o.flush = true
		o.wake.Signal()
	}
}

// Flush hands everything that is not held to the writer.
func (o *output) Flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.writable() > 0 {
		o.wakeWriter()
	}
}

// writable is how much of buf may go; o.mu is held.
func (o *output) writable() int {
	if o.head < len(o.holds) {
		return int(o.holds[o.head].at - o.taken)
	}
	return len(o.buf)
}

// end lets the writer finish what is there, once holds are released, and return.
// It reports whether it is the first to say so.
func (o *output) end() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	first := !o.ended
	o.ended = true
	o.wake.Signal()
	o.drained.Broadcast()
	return first
}

// fail ends the writer at once.
func (o *output) fail() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended, o.failed, o.buf, o.holds, o.head = true, true, nil, nil, 0
	o.wake.Signal()
	o.drained.Broadcast()
}

// wait returns when cond does, or false when the writer has failed; o.mu is held.
func (o *output) wait(cond func() bool) bool {
	for !o.failed && !cond() {
		if o.writable() > 0 {
			o.wakeWriter() // what we wait for may hang on it
		}
		o.waiting++
		o.drained.Wait()
		o.waiting--
	}
	return !o.failed
}

// ready tells whether the writer has something to do; o.mu is held.
func (o *output) ready() bool {
	if o.ended {
		return o.writable() > 0 || len(o.buf) == 0
	}
	return o.flush && o.writable() > 0
}

// changed wakes those who wait; o.mu is held.
func (o *output) changed() {
	if o.waiting > 0 {
		o.drained.Broadcast()
	}
}

// run writes until end or fail, or until the peer takes nothing for the time-out.
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

// write writes b. Each time-out counts from the last octet that the peer took, so
// that a slow line with a long batch is no dead one.
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

// next waits for a batch and takes it. What it took last is free again.
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
		o.spare = nil // a burst is over: give its memory back
	}
	o.taken += uint64(n)
	if o.sample.end <= o.taken {
		sampled, o.sample = o.sample.arrived, sample{}
	}
	o.changed()
	return batch, sampled, true
}
