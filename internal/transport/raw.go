package transport

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// rawOf returns the connection of the system below conn, for reads and writes that do not wait. It fails if
// there is none.
func rawOf(conn net.Conn) (syscall.RawConn, error) {
	if c, ok := conn.(syscall.Conn); ok {
		return c.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}

// SyscallConn returns the connection of the system; see rawOf.
func (c *proxied) SyscallConn() (syscall.RawConn, error) { return rawOf(c.Conn) }

// SyscallConn returns the connection of the system; see rawOf.
func (c *counted) SyscallConn() (syscall.RawConn, error) {
	raw, err := rawOf(c.Conn)
	return &countedRaw{raw, c}, err
}

// countedRaw is the connection of the system below a counted one.
type countedRaw struct {
	syscall.RawConn
	conn *counted
}

// Read fails when the connection has given way, as counted.Read does.
func (r *countedRaw) Read(f func(fd uintptr) (done bool)) error {
	err := r.RawConn.Read(f)
	if r.conn.ended.Load() {
		return io.EOF
	}
	return err
}
