//go:build unix

package smpp

import (
	"io"
	"net"
	"os"
	"sync"
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
	raw := rawOf(conn)
	if raw == nil {
		return nil
	}
	w := &directWriter{conn: raw}
	w.call = w.writeTo
	return w
}

// rawOf returns the connection of the system; nil: there is none.
func rawOf(conn net.Conn) syscall.RawConn {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
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

// directReader reads from a connection, and has a buffer only while there is something in it.
type directReader struct {
	conn syscall.RawConn
	call func(fd uintptr) bool // readFrom, as conn wants it: made once, because it is needed for each read

	// Owned by the caller of read.
	buf *[]byte
	n   int
	err error
}

// directBuffer is how much is read at once.
const directBuffer = 16 << 10

// directBuffers are buffers of this length.
var directBuffers = sync.Pool{New: func() any { return new([directBuffer]byte) }}

// newDirectReader returns nil if conn has to be read in the ordinary way.
func newDirectReader(conn net.Conn) *directReader {
	raw := rawOf(conn)
	if raw == nil {
		return nil
	}
	r := &directReader{conn: raw}
	r.call = r.readFrom
	return r
}

// read waits until there is something to read, and reads it into *buf. Meanwhile the buffer is for others.
func (r *directReader) read(buf *[]byte) (int, error) {
	r.buf, r.n, r.err = buf, 0, nil
	err := r.conn.Read(r.call)
	if err == nil {
		err = r.err
	}
	r.buf = nil
	return r.n, err
}

func (r *directReader) readFrom(fd uintptr) (done bool) {
	if len(*r.buf) != directBuffer {
		*r.buf = directBuffers.Get().(*[directBuffer]byte)[:]
	}
	for {
		n, err := syscall.Read(int(fd), *r.buf)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			directBuffers.Put((*[directBuffer]byte)(*r.buf))
			*r.buf = nil
			return false
		case err != nil:
			r.err = os.NewSyscallError("read", err)
		case n == 0:
			r.err = io.EOF
		default:
			r.n = n
		}
		return true
	}
}
