package gateway

import (
	"net"
	"testing"
)

// named is a connection from an address that is no host and port.
type named struct{ net.Conn }

func (named) RemoteAddr() net.Addr { return &net.UnixAddr{Name: "@esme", Net: "unix"} }

// An ESME is known by its address without the port, and by all of it where there is none.
func TestESMEIP(t *testing.T) {
	g, err := New(func() Options { o := DefaultOptions(); o.SMSC = "smsc:1"; return o }(), fakeLedger{})
	if err != nil {
		t.Fatal(err)
	}
	near, far := net.Pipe()
	defer func() { _, _ = near.Close(), far.Close() }()
	for want, conn := range map[string]net.Conn{"192.0.2.1": addressed{near}, "@esme": named{near}} {
		if got := newLink(g, conn).esmeIP(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if err := g.Ready(); err != nil { // in mirror mode there is no pool to wait for
		t.Errorf("Ready: got %v, want nil", err)
	}
}
