package transport

import (
	"net"
	"net/netip"
)

// NewProxyListener returns a listener that reads the PROXY header, version 1 or 2, with which
// connections from the trusted addresses must begin. RemoteAddr of such a connection is the
// client's address. If the header names no client (LOCAL, UNKNOWN, not TCP over IP), it stays
// the proxy's address. Connections from other addresses are not changed. The octets behind
// the header are left unread. An empty list trusts nobody.
func NewProxyListener(ln net.Listener, trusted []netip.Prefix, o Opening) net.Listener {
	return newStage(ln, ReasonProxy, o, func(conn net.Conn) (net.Conn, error) {
		if ip, ok := ipOf(conn.RemoteAddr()); !ok || !contains(trusted, ip) {
			return conn, nil
		}
		client, err := readProxyHeader(conn)
		if err != nil {
			return nil, err
		}
		if !client.IsValid() {
			return conn, nil
		}
		return &proxied{Conn: conn, client: net.TCPAddrFromAddrPort(client)}, nil
	})
}

// proxied is a connection that a proxy made for a client.
type proxied struct {
	net.Conn
	client *net.TCPAddr
}

// RemoteAddr returns the client's address.
func (c *proxied) RemoteAddr() net.Addr { return c.client }

// CloseWrite ends the direction to the peer.
func (c *proxied) CloseWrite() error { return closeWrite(c.Conn) }
