//go:build unix

package smpp

import (
	"net"
	"syscall"
)

// directWriter writes to a connection what that takes without waiting.
type directWriter struct {
	conn syscall.RawConn
	call func(fd uintptr) bool // write, as conn wants it: made once, because it is needed for each batch

	// Owned by the caller of write.
	octets  []byte
	written int
}

// newDirectWriter returns nil if a write to conn may have to wait.
func newDirectWriter(conn net.Conn) *directWriter {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return nil
	}
	w := &directWriter{conn: raw}
	w.call = w.writeTo
	return w
}

// write writes b, and returns how many octets the system has taken. If there was an error, it comes again with
// the next write to the connection.
func (w *directWriter) write(b []byte) int {
	w.octets, w.written = b, 0
	_ = w.conn.Write(w.call)
	w.octets = nil
	return w.written
}

func (w *directWriter) writeTo(fd uintptr) (done bool) {
	for w.written < len(w.octets) {
		n, err := syscall.Write(int(fd), w.octets[w.written:])
		switch {
		case err == syscall.EINTR:
		case err != nil || n <= 0:
			return true
		default:
			w.written += n
		}
	}
	return true
}
