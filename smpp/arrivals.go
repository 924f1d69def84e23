package smpp

import (
	"net"
	"time"
)

// arrivals reads from the connection of a session and notes the time of each read. A session waits in it. Like all
// that is called there it is made for little stack: it is not generic, and is passed as a pointer.
type arrivals struct {
	conn   net.Conn
	direct *directReader // nil: conn is read in the ordinary way
	at     time.Time     // when the octets that are being handled arrived
	noted  bool          // the timers know when these octets arrived
	early  early         // owned by listen during Await
}

func (a *arrivals) Read(b []byte) (int, error) {
	e := &a.early
	n := copy(b, e.octets)
	if e.octets = e.octets[n:]; len(e.octets) == 0 {
		e.octets = nil
	}
	err := e.err
	if n > 0 {
		err = nil // the error comes after these octets
	} else if err == nil {
		n, err = a.conn.Read(b)
	}
	a.note()
	return n, err
}

// readLazy reads without a buffer of its own while there is nothing to read, if the connection allows that.
func (a *arrivals) readLazy(buf *[]byte) (n int, err error) {
	if a.direct == nil || len(a.early.octets) > 0 || a.early.err != nil {
		if *buf == nil {
			*buf = make([]byte, readBuffer)
		}
		return a.Read(*buf)
	}
	n, err = a.direct.read(buf)
	a.note()
	return n, err
}

// note is not inlined because its variables would stay on the stack of each idle session.
//
//go:noinline
func (a *arrivals) note() { a.at, a.noted = time.Now(), false }
