package simulator

import (
	"net"
	"sync"
	"time"
)

// writePatience is how long a peer may refuse to read before its session ends.
const writePatience = 30 * time.Second

// writer collects frames and writes them in batches, so that a busy session needs one system
// call for many frames. A goroutine that adds frames also flushes them, when it has no more
// to add.
type writer struct {
	conn net.Conn

	mu  sync.Mutex
	buf []byte // guarded by mu: what the next flush writes

	writing sync.Mutex
	spare   []byte // guarded by writing: the batch before
}

// add queues one frame; it copies it and never waits for the peer.
func (w *writer) add(f []byte) {
	w.mu.Lock()
	w.buf = append(w.buf, f...)
	w.mu.Unlock()
}

// flush writes what has been added. A connection that cannot take it is closed,
// which its read goroutine sees.
func (w *writer) flush() error {
	w.writing.Lock()
	defer w.writing.Unlock()
	w.mu.Lock()
	out := w.buf
	w.buf = w.spare[:0]
	w.mu.Unlock()
	w.spare = out
	if len(out) == 0 {
		return nil
	}
	err := w.conn.SetWriteDeadline(time.Now().Add(writePatience))
	if err == nil {
		_, err = w.conn.Write(out)
	}
	if err != nil {
		_ = w.conn.Close()
	}
	return err
}
