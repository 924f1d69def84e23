package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// TCP holds the settings of connections, accepted or dialled. Nagle's algorithm is always
// off, because a PDU must be sent when it is written.
type TCP struct {
	Timeout   time.Duration       // to dial, including the TLS handshake; 0: no limit
	KeepAlive net.KeepAliveConfig // see KeepAlive
}

// keepAliveCount is how many probes in a row go unanswered before TCP gives up.
const keepAliveCount = 3

// KeepAlive holds settings that detect a vanished peer after about twice idle: after idle
// without any packet come three probes, a third of idle apart. With idle 0 there are no
// probes.
func KeepAlive(idle time.Duration) net.KeepAliveConfig {
	if idle <= 0 {
		return net.KeepAliveConfig{}
	}
	return net.KeepAliveConfig{
		Enable: true, Count: keepAliveCount,
		Idle: max(idle, time.Second), Interval: max(idle/keepAliveCount, time.Second),
	}
}

// Limits of Linux: tcp(7), MAX_TCP_KEEPIDLE and similar.
const (
	maxKeepAlive      = 32767 * time.Second
	maxKeepAliveCount = 127
)

// Validate returns what is wrong with the settings.
func (t TCP) Validate() error {
	var errs []error
	check := func(ok bool, what string) {
		if !ok {
			errs = append(errs, errors.New(what))
		}
	}
	check(t.Timeout >= 0, "Timeout is negative")
	if k := t.KeepAlive; k.Enable {
		check(k.Idle >= time.Second && k.Idle <= maxKeepAlive, "KeepAlive.Idle is not within 1s to 32767s")
		check(k.Interval >= time.Second && k.Interval <= maxKeepAlive, "KeepAlive.Interval is not within 1s to 32767s")
		check(k.Count >= 1 && k.Count <= maxKeepAliveCount, "KeepAlive.Count is not within 1 to 127")
	}
	return errors.Join(errs...)
}

// apply sets up conn. Go sets NoDelay on its own connections only.
func (t TCP) apply(conn net.Conn) error {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	return errors.Join(tcp.SetNoDelay(true), tcp.SetKeepAliveConfig(t.KeepAlive))
}

// Dial opens a connection within Timeout.
func (t TCP) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{Timeout: t.Timeout, KeepAlive: -1} // apply says which
	conn, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	if err := t.apply(conn); err != nil {
		_ = conn.Close() // the cause is in err
		return nil, fmt.Errorf("set up the connection to %s: %w", addr, err)
	}
	return conn, nil
}

// Listener sets up each connection that ln accepts.
func (t TCP) Listener(ln net.Listener) net.Listener { return tcpListener{ln, t} }

type tcpListener struct {
	net.Listener
	tcp TCP
}

func (l tcpListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	_ = l.tcp.apply(conn) // fails if the peer has left already, which the reader will notice
	return conn, nil
}
