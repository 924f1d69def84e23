package transport

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// record is a log that a test reads.
type record struct {
	mu      sync.Mutex
	buf     bytes.Buffer
	written chan struct{} // closed with the next line
}

func (r *record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.written != nil {
		close(r.written)
		r.written = nil
	}
	return r.buf.Write(b)
}

// next is closed when one more line is written.
func (r *record) next() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.written == nil {
		r.written = make(chan struct{})
	}
	return r.written
}

// awaitLine waits for a line that contains all of words.
func awaitLine(t *testing.T, r *record, words ...string) {
	t.Helper()
	late := time.After(10 * time.Second)
	for {
		next := r.next()
		if r.lines(words...) > 0 {
			return
		}
		select {
		case <-next:
		case <-late:
			t.Fatalf("got log %q, want a line with %q", r, words)
		}
	}
}

func (r *record) logger() *slog.Logger { return slog.New(slog.NewTextHandler(r, nil)) }

// lines are those that contain all of words.
func (r *record) lines(words ...string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
lines:
	for line := range strings.Lines(r.buf.String()) {
		for _, w := range words {
			if !strings.Contains(line, w) {
				continue lines
			}
		}
		n++
	}
	return n
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.String()
}

// fakeListener accepts what a test puts in.
type fakeListener struct {
	in     chan accepted
	closed chan struct{}
	once   sync.Once
}

func newFakeListener() *fakeListener {
	return &fakeListener{in: make(chan accepted, 100), closed: make(chan struct{})}
}

func (l *fakeListener) Accept() (net.Conn, error) {
	select {
	case a := <-l.in:
		return a.conn, a.err
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *fakeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *fakeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 2775} }

// dial is a connection from an address, such as 192.0.2.1:40000.
func (l *fakeListener) dial(from string) net.Conn {
	here, there := net.Pipe()
	l.in <- accepted{conn: &addressed{there, tcpAddr(from)}}
	return here
}

// addressed is a connection with an address of the test's choice.
type addressed struct {
	net.Conn
	addr net.Addr
}

func (c *addressed) RemoteAddr() net.Addr { return c.addr }

func tcpAddr(s string) *net.TCPAddr {
	a, err := net.ResolveTCPAddr("tcp", s)
	if err != nil {
		panic(err)
	}
	return a
}

func closeAfter(t *testing.T, c interface{ Close() error }) {
	t.Helper()
	t.Cleanup(func() { _ = c.Close() })
}

func dial(t *testing.T, ln net.Listener) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, conn)
	return conn
}

func accept(t *testing.T, ln net.Listener) net.Conn {
	t.Helper()
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, conn)
	return conn
}

const greeting = "hello"

// echo greets whoever connects and echoes what it says, until the test ends.
func echo(t *testing.T, ln net.Listener) {
	t.Helper()
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer func() { _ = conn.Close() }() // the client sees what is missing
				if _, err := io.WriteString(conn, greeting); err == nil {
					_, _ = io.Copy(conn, conn)
				}
			})
		}
	})
	t.Cleanup(func() { _ = ln.Close(); running.Wait() })
}

// passes sends a word each way.
func passes(t *testing.T, a, b net.Conn) {
	t.Helper()
	for _, c := range [][2]net.Conn{{a, b}, {b, a}} {
		go func() { _, _ = c[0].Write([]byte("word")) }() // the reader sees what is missing
		got := make([]byte, 4)
		if _, err := io.ReadFull(c[1], got); err != nil || string(got) != "word" {
			t.Fatalf("got %q, %v, want %q", got, err, "word")
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
