package smpp

import (
	"errors"
	"os"
	"time"
)

// run writes until there is nothing to write. The caller has set writing.
func (o *output) run() {
	defer recovered(o.stop)
	for {
		batch, sampled, ok := o.next()
		if !ok {
			return
		}
		o.mayHaveRoom()
		if err := o.write(batch); err != nil {
			o.stop(writeError(err))
			return
		}
		o.written(sampled)
	}
}

// FlushNow is Flush that writes what the connection takes at once, instead of leaving that to another
// goroutine. It never waits. The caller must hold no lock, because FlushNow calls room and observe.
func (o *output) FlushNow() {
	if o.direct == nil {
		o.Flush()
		return
	}
	batch, sampled, ok := o.begin()
	if !ok {
		return
	}
	defer recovered(o.stop)
	o.mayHaveRoom()
	if n := o.direct.write(batch); n < len(batch) {
		go o.finish(batch[n:], sampled)
		return
	}
	o.written(sampled)
	o.passOn()
}

// begin takes what is to be written now, unless somebody else writes, who takes it then.
func (o *output) begin() (batch []byte, sampled time.Time, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flush = o.writable() > 0
	if !o.started || o.writing || !o.ready() {
		return nil, sampled, false
	}
	o.writing = true
	batch, sampled = o.take()
	return batch, sampled, true
}

// passOn ends the turn of a caller of FlushNow. Another goroutine writes what has come meanwhile: the caller
// has work of its own.
func (o *output) passOn() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writing = false
	o.startWriter()
	o.settle()
}

// finish writes the rest of a batch, and what follows.
func (o *output) finish(rest []byte, sampled time.Time) {
	defer recovered(o.stop)
	if err := o.write(rest); err != nil {
		o.stop(writeError(err))
		return
	}
	o.written(sampled)
	o.run()
}

// stop ends writing because of an error.
func (o *output) stop(cause error) {
	o.broken(cause)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writing = false
	o.settle()
}

func (o *output) mayHaveRoom() {
	if o.room != nil {
		o.room()
	}
}

func (o *output) written(sampled time.Time) {
	if !sampled.IsZero() {
		o.observe(time.Since(sampled))
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
