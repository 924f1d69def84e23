// Package transport is what a connection goes through before SMPP begins: TCP
// settings, the PROXY header of a load balancer, allow list and limits, TLS.
//
// A listener is built from the socket outwards, each step seeing the client as
// the step before left it:
//
//	net.Listen or Sockets
//	  TCP.Listener        keepalive
//	  NewProxyListener    the client's address, where a load balancer is in front
//	  Limiter.Listener    allow list, connections in all and per address
//	  NewTLSListener      TLS
//
// Closing the outermost listener closes them all.
package transport

import (
	"errors"
	"net"
)

// Refused is told of each connection that was not let through: why, in one of the
// words below, and who it was. It is called from several goroutines at once, and must
// not wait.
type Refused func(reason, remote string)

// Reasons for which a connection is refused, beside those of package admission.
const (
	ReasonAllow = "not_allowed" // its address is not in the allow list
	ReasonProxy = "proxy"       // no sound PROXY header in time
	ReasonTLS   = "tls"         // no TLS handshake in time, or a failed one
)

// closeWrite tells the peer that no more will come, if the connection can.
func closeWrite(conn net.Conn) error {
	if c, ok := conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return errors.ErrUnsupported
}
