package transport

import (
	"log/slog"
	"net"
	"net/netip"
	"sync"
)

// Limits say who may connect, and how often.
type Limits struct {
	Allow      Allow // nobody else; empty: everybody
	PerAddress int   // connections of one IP address at a time; 0: no limit
	Total      int   // connections at a time; 0: no limit
}

// Limiter applies the same Limits to several listeners.
type Limiter struct {
	// Static after construction.
	limits  Limits
	log     *slog.Logger
	refused Refused

	mu    sync.Mutex
	open  map[netip.Addr]int // guarded by mu; all that is not IP counts as one address
	total int                // guarded by mu
}

// NewLimiter returns a Limiter. It logs each refusal and calls refused, which may be nil.
func NewLimiter(limits Limits, log *slog.Logger, refused Refused) *Limiter {
	return &Limiter{limits: limits, log: log, refused: refused, open: map[netip.Addr]int{}}
}

// Listener accepts the connections that the limits permit and closes the others. A connection
// counts until it is closed. TLS belongs above this listener, since a connection that is
// refused is not worth a handshake.
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

// admit counts the connection and returns it, or closes it and returns nil.
func (l *Limiter) admit(conn net.Conn) net.Conn {
	if !l.limits.Allow.Allows(conn.RemoteAddr()) {
		l.refuse(conn, ReasonAllow)
		return nil
	}
	if l.limits.PerAddress == 0 && l.limits.Total == 0 {
		return conn
	}
	ip, _ := ipOf(conn.RemoteAddr())
	if reason := l.count(ip); reason != "" {
		l.refuse(conn, reason)
		return nil
	}
	return &counted{Conn: conn, release: sync.OnceFunc(func() { l.release(ip) })}
}

func (l *Limiter) refuse(conn net.Conn, reason string) {
	remote := conn.RemoteAddr().String()
	_ = conn.Close() // an error does not matter: nothing was sent to it
	l.log.Warn("connection refused", "reason", reason, "remote", remote)
	if l.refused != nil {
		l.refused(reason, remote)
	}
}

// count counts a connection, or returns why no more are allowed.
func (l *Limiter) count(ip netip.Addr) (reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.limits.Total > 0 && l.total >= l.limits.Total:
		return ReasonTotal
	case l.limits.PerAddress > 0 && l.open[ip] >= l.limits.PerAddress:
		return ReasonPerAddress
	}
	l.open[ip]++
	l.total++
	return ""
}

func (l *Limiter) release(ip netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if l.open[ip]--; l.open[ip] == 0 {
		delete(l.open, ip) // otherwise the map would keep every address
	}
}

// counted is a connection that the Limiter counts.
type counted struct {
	net.Conn
	release func()
}

// Close first stops counting the connection, because a peer that sees the close may connect
// again at once.
func (c *counted) Close() error {
	c.release()
	return c.Conn.Close()
}

// CloseWrite ends the direction to the peer.
func (c *counted) CloseWrite() error { return closeWrite(c.Conn) }
