package load

import (
	"errors"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// poller waits for a connection more precisely than a deadline does: Go's network poller counts in
// milliseconds, and a paced load would be late by half of one on average.
type poller struct{ raw syscall.RawConn }

// newPoller returns nil for a connection without a descriptor.
func newPoller(conn net.Conn) *poller {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return nil
	}
	return &poller{raw}
}

// readable waits until something can be read, for d at most, and reports whether there is something.
func (p *poller) readable(d time.Duration) (bool, error) {
	var n int
	var err error
	controlled := p.raw.Control(func(fd uintptr) {
		timeout := unix.NsecToTimespec(int64(max(d, 0)))
		n, err = unix.Ppoll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, &timeout, nil)
	})
	if errors.Is(err, unix.EINTR) {
		return false, controlled
	}
	return n > 0, errors.Join(controlled, err)
}
