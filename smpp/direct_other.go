//go:build !unix

package smpp

import "net"

// directWriter writes to a connection what that takes without waiting, which no connection does here.
type directWriter struct{}

func newDirectWriter(net.Conn) *directWriter { return nil }

func (*directWriter) write([]byte) int { return 0 }
