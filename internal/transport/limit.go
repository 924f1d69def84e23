package transport

import (
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"readback/internal/admission"
	"readback/internal/lograte"
)

// Limits say who may connect, and how many connections are served.
type Limits struct {
	Allow Allow // nobody else; empty: everybody
	admission.Limits
}

// Bounds of the connections that are refused and not closed yet. Peers that connect again as soon as they
// are cut off do so once a second each then, and cost little.
const (
	lateBy  = time.Second
	maxLate = 1000 // at a time; more are closed at once
)

// Limiter applies the same Limits to several listeners.
type Limiter struct {
	// Static after construction.
	allow   Allow
	gate    *admission.Gate
	log     *slog.Logger
	lines   lograte.Lines
	refused Refused

	late atomic.Int64 // connections that are refused and not closed yet
}

// NewLimiter returns a Limiter. It logs refusals, at a bounded rate, and calls refused, which may be nil,
// for each.
func NewLimiter(limits Limits, log *slog.Logger, refused Refused) *Limiter {
	l := &Limiter{allow: limits.Allow, log: log, refused: refused}
	l.gate = admission.NewGate(limits.Limits, l.refuse)
	return l
}

// Listener accepts the connections that the limits permit and closes the others, a second later. A connection
// counts until it is closed. admission.Of returns the place of a connection, also when TLS is above.
// TLS belongs above this listener, since a connection that is refused is not worth a handshake, and
// one that is slow to shake hands may have to give way.
func (l *Limiter) Listener(ln net.Listener) net.Listener { return limitListener{ln, l} }

type limitListener struct {
	net.Listener
	limiter *Limiter
}

func (l limitListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if conn := l.limiter.admit(conn); conn != nil {
			return conn, nil
		}
	}
}

// admit counts the connection and returns it, or has it closed and returns nil.
func (l *Limiter) admit(conn net.Conn) net.Conn {
	remote := conn.RemoteAddr()
	closing := sync.OnceFunc(func() { _ = conn.Close() }) // an error does not matter: nothing was promised to it
	if !l.allow.Allows(remote) {
		l.refuse(ReasonAllow, remote)
		l.closeLate(closing)
		return nil
	}
	c := &counted{Conn: conn}
	if c.place = l.gate.Enter(remote, func() { l.endLate(c, closing) }); c.place == nil {
		l.closeLate(closing)
		return nil
	}
	return c
}

// endLate ends a connection that gives way: whoever reads sees its end at once, and the peer later.
func (l *Limiter) endLate(c *counted, closing func()) {
	conn, ok := c.Conn.(interface{ CloseRead() error })
	if !ok {
		closing()
		return
	}
	c.ended.Store(true)
	_ = conn.CloseRead() // fails if it is closed already
	l.closeLate(closing)
}

// closeLate calls closing after lateBy, or at once if too many connections wait for that already.
func (l *Limiter) closeLate(closing func()) {
	if l.late.Add(1) > maxLate {
		l.late.Add(-1)
		closing()
		return
	}
	time.AfterFunc(lateBy, func() {
		closing()
		l.late.Add(-1)
	})
}

func (l *Limiter) refuse(reason string, addr net.Addr) {
	remote := addr.String()
	l.lines.Warn(l.log, "connection refused", reason, "remote", remote)
	if l.refused != nil {
		l.refused(reason, remote)
	}
}

// counted is a connection that the Limiter counts.
type counted struct {
	net.Conn
	place *admission.Place
	ended atomic.Bool // it has given way, and will be closed
}

// Place returns the place of the connection; see admission.Of.
func (c *counted) Place() *admission.Place { return c.place }

// Read returns nothing any more when the connection has given way: the system would still return what comes.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.ended.Load() {
		return 0, io.EOF
	}
	return n, err
}

// Close first stops counting the connection, because a peer that sees the close may connect
// again at once.
func (c *counted) Close() error {
	c.place.Leave()
	if c.ended.Load() {
		return nil
	}
	return c.Conn.Close()
}

// CloseWrite ends the direction to the peer.
func (c *counted) CloseWrite() error { return closeWrite(c.Conn) }
