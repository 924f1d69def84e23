package testpeer

import (
	"context"
	"net"
	"sync"
	"testing"
)

// Listen returns a listener on a free port of the loopback. It is closed with the test.
func Listen(t testing.TB) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() }) // many have been closed by then
	return ln
}

// Serve runs a server on ln until stop is called, or until the test ends. stop waits until the
// server has returned, which it must without an error.
func Serve(t testing.TB, what string, ln net.Listener, serve func(context.Context, net.Listener) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- serve(ctx, ln) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := Receive(t, "end of "+what, done); err != nil {
			t.Errorf("%s: got %v at the end, want nil", what, err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// Pipes is a listener whose connections are in memory, for virtual time.
type Pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	close  func()
}

// NewPipes returns a listener that somebody is to Accept from.
func NewPipes() *Pipes {
	p := &Pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	p.close = sync.OnceFunc(func() { close(p.closed) })
	return p
}

// Dial returns the peer's end of a connection when the other end is accepted. If the listener
// closes first, the connection is closed.
func (p *Pipes) Dial() net.Conn {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
	case <-p.closed:
		_ = there.Close() // a pipe
	}
	return here
}

// Accept returns the next connection.
func (p *Pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept.
func (p *Pipes) Close() error {
	p.close()
	return nil
}

// Addr returns an address that says nothing.
func (p *Pipes) Addr() net.Addr { return &net.TCPAddr{} }
