package transport

import (
	"net"
	"net/netip"
)

// NewProxyListener reads the PROXY header, version 1 or 2, that connections from the
// trusted addresses must begin with; RemoteAddr of such a connection is then the
// client's. Where the header names no client (LOCAL, UNKNOWN, no TCP over IP) the
// address stays the proxy's. Connections from elsewhere pass as they are. What
// follows the header is left unread. An empty list trusts nobody.
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

// RemoteAddr is the client's address.
func (c *proxied) RemoteAddr() net.Addr { return c.client }

// CloseWrite tells the peer that no more will come.
func (c *proxied) CloseWrite() error { return closeWrite(c.Conn) }
