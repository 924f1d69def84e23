package transport

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"syscall"
)

// NewTLSListener returns a listener that speaks TLS on each connection of ln. Accept returns
// connections whose handshake is done. Where the configuration asks for it, the client has
// presented a valid certificate.
func NewTLSListener(ln net.Listener, config *tls.Config, o Opening) net.Listener {
	return newStage(ln, ReasonTLS, o, func(conn net.Conn) (net.Conn, error) {
		c := tls.Server(conn, config)
		err := c.Handshake()
		gone := errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET)
		switch {
		case err == nil:
			return c, nil
		case gone && c.ConnectionState().Version == 0: // not even a hello
			return nil, errLeft
		case errors.Is(err, io.EOF):
			return nil, errors.New("the client left within the handshake")
		}
		return nil, err
	})
}
