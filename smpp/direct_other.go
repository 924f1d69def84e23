//go:build !unix

package smpp

import "net"

// directWriter writes to a connection what that takes without waiting, which no connection does here.
type directWriter struct{}

func newDirectWriter(net.Conn) *directWriter { return nil }

func (*directWriter) write([]byte) int { return 0 }

// directReader reads from a connection without a buffer of its own, which no connection allows here.
type directReader struct{}

func newDirectReader(net.Conn) *directReader { return nil }

func (*directReader) read(*[]byte) (int, error) { return 0, nil }
