package broker

import (
	"net"
	"testing"
)

// innerConn is the front's side of a connection to the server.
type innerConn struct{ net.Conn }

func (innerConn) LocalAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 40000} }

// A client is known until it leaves, also if its port for the server was that of one that leaves later: the
// system gives a port to another one as soon as it is closed.
func TestPortOfAnotherClient(t *testing.T) {
	f := newFronts(nil)
	first, second := &client{fronts: f, inner: innerConn{}}, &client{fronts: f, inner: innerConn{}}
	f.enter(first)
	f.enter(second)
	f.leave(first)
	if got := f.find("127.0.0.1:40000"); got != second {
		t.Errorf("got %v, want the second client", got)
	}
	f.leave(second)
	if got := f.find("127.0.0.1:40000"); got != nil {
		t.Errorf("got %v, want none", got)
	}
}
