package transport

import (
	"log/slog"
	"net"
	"net/netip"
	"sync"
)

// Limits of who may connect.
type Limits struct {
	Allow      Allow // nobody else; empty: everybody
	PerAddress int   // connections of one IP address at a time; 0: no limit
	Total      int   // connections at a time; 0: no limit
}

// Limiter holds several listeners to the same Limits.
type Limiter struct {
	// Static after construction.
	limits  Limits
	log     *slog.Logger
	refused Refused

	mu    sync.Mutex
	open  map[netip.Addr]int // guarded by mu; what is not IP counts as one address
	total int                // guarded by mu
}

// NewLimiter makes a Limiter. Each refusal is logged and told to refused, which may
// be nil.
func NewLimiter(limits Limits, log *slog.Logger, refused Refused) *Limiter {
	return &Limiter{limits: limits, log: log, refused: refused, open: map[netip.Addr]int{}}
}

// Listener lets through what the limits permit and closes the rest. A connection
// counts until it is closed. TLS belongs behind it: who is refused is not worth a
// handshake.
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

// admit returns the connection, counted, or nil when it has refused it.
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
	_ = conn.Close() // nothing was promised to it
	l.log.Warn("connection refused", "reason", reason, "remote", remote)
	if l.refused != nil {
		l.refused(reason, remote)
	}
}

// count counts a connection, or says why there must be no more.
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
		delete(l.open, ip) // or the map grows with every address ever seen
	}
}

// counted is a connection that the Limiter counts.
type counted struct {
	net.Conn
	release func()
}

// Close gives the place back first: a peer that sees the close may come again at
// once.
func (c *counted) Close() error {
	c.release()
	return c.Conn.Close()
}

// CloseWrite tells the peer that no more will come.
func (c *counted) CloseWrite() error { return closeWrite(c.Conn) }
