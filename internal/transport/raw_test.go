package transport

import (
	"io"
	"net"
	"net/netip"
	"syscall"
	"testing"
)

// A connection of an ESME can be written and read without waiting, also behind a proxy, but not if it is TLS or
// has given way.
func TestRaw(t *testing.T) {
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	log := new(record)
	limiter := NewLimiter(Limits{}, log.logger(), nil)
	ln := limiter.Listener(NewProxyListener(tcp, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Opening{}))
	defer func() { _ = ln.Close() }()
	peer, err := net.Dial("tcp", tcp.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = peer.Close() }()
	if _, err := peer.Write([]byte("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nhello")); err != nil {
		t.Fatal(err)
	}
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	read := func() (got []byte, err error) {
		b := make([]byte, 100)
		err = raw.Read(func(fd uintptr) bool {
			n, _ := syscall.Read(int(fd), b)
			got = b[:max(n, 0)]
			return n >= 0
		})
		return got, err
	}
	if got, err := read(); err != nil || string(got) != "hello" {
		t.Errorf("got %q, %v, want what stands behind the PROXY header", got, err)
	}
	conn.(*counted).ended.Store(true)
	_ = peer.Close()
	if _, err := read(); err != io.EOF {
		t.Errorf("after it has given way: got %v, want %v", err, io.EOF)
	}
	near, _ := net.Pipe()
	if _, err := (&counted{Conn: &proxied{Conn: near}}).SyscallConn(); err == nil {
		t.Error("a pipe: got a connection of the system")
	}
}
