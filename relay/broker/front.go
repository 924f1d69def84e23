package broker

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"readback/internal/admission"
)

// fronts accept the connections of clients for an embedded server, which listens on ports of the loopback
// only. By itself it bounds connections in all, and not by source, so that one source with silent ones
// would keep out all others. The octets of a connection pass unread: TLS begins at the server.
type fronts struct {
	log     *slog.Logger
	running sync.WaitGroup

	// Guarded by mu.
	mu        sync.Mutex
	listeners []net.Listener
	clients   map[string]*client // by the address that the server sees
	bound     map[way]int        // clients that have authenticated
	closed    bool
}

// way is a kind of clients, with limits of their own.
type way int

const (
	handsets    way = iota // by MQTT and WebSocket; app backends, too
	natsClients            // of the option Listen
)

// client is one connection.
type client struct {
	fronts       *fronts
	way          way
	outer, inner net.Conn // of the client, and to the server
	place        *admission.Place
	bound        bool // it has authenticated; guarded by fronts.mu
}

const (
	passing   = 4 << 10                // octets of a connection that pass at a time, in each direction
	dialTime  = 5 * time.Second        // to connect to the server, which is in this process
	takeTime  = 10 * time.Second       // for a client to take some octets, as the server has it
	acceptGap = 100 * time.Millisecond // after an error, such as that there are too many files open
)

func newFronts(log *slog.Logger) *fronts {
	return &fronts{log: log, clients: make(map[string]*client), bound: make(map[way]int)}
}

// add adds a listener, whose connections are for the server at the address inner.
func (f *fronts) add(ln net.Listener, w way, inner string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.listeners = append(f.listeners, ln)
	f.running.Go(func() { f.accept(ln, w, inner) })
}

// accept serves the connections of a listener until it is closed.
func (f *fronts) accept(ln net.Listener, w way, inner string) {
	for {
		conn, err := ln.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			f.log.Warn("client not accepted", "error", err)
			time.Sleep(acceptGap)
		default:
			f.running.Go(func() { f.serve(conn, w, inner) })
		}
	}
}

// serve joins a connection to the server until either side ends it.
func (f *fronts) serve(outer net.Conn, w way, addr string) {
	defer func() { _ = outer.Close() }() // the server may have been first
	inner, err := net.DialTimeout("tcp", addr, dialTime)
	if err != nil {
		f.log.Warn("client not accepted", "error", err)
		return
	}
	defer func() { _ = inner.Close() }() // likewise
	c := &client{fronts: f, way: w, outer: outer, inner: inner, place: admission.Of(outer)}
	if !f.enter(c) {
		return
	}
	defer f.leave(c)
	up := make(chan struct{})
	go func() {
		defer close(up)
		pass(inner, outer)
		_ = inner.(*net.TCPConn).CloseWrite() // the server closes the connection, when it has said what it has to
	}()
	pass(reading{outer}, inner)
	_, _ = outer.Close(), inner.Close()
	<-up
}

// pass copies octets until either side ends.
func pass(to, from net.Conn) {
	// The types hide ReadFrom, which would take a larger buffer.
	_, _ = io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, make([]byte, passing))
}

// reading is a connection whose peer has to take what it is sent: the server does not see that it does not.
type reading struct{ net.Conn }

func (r reading) Write(p []byte) (int, error) {
	_ = r.SetWriteDeadline(time.Now().Add(takeTime)) // fails if it is closed, as the write does then
	return r.Conn.Write(p)
}

// enter adds a connection, unless f is closed.
func (f *fronts) enter(c *client) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false
	}
	f.clients[c.inner.LocalAddr().String()] = c
	return true
}

func (f *fronts) leave(c *client) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if addr := c.inner.LocalAddr().String(); f.clients[addr] == c { // it is closed, so another one may have the port
		delete(f.clients, addr)
	}
	if c.bound {
		f.bound[c.way]--
	}
}

// find returns the client that has an address for the server; nil if there is none.
func (f *fronts) find(addr string) *client {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.clients[addr]
}

// bind says that a client has authenticated: it stays. It returns errTooMany if so many have already; zero is
// no bound.
func (c *client) bind(most int) error {
	f := c.fronts
	f.mu.Lock()
	defer f.mu.Unlock()
	if c.bound {
		return nil
	}
	if most > 0 && f.bound[c.way] >= most {
		return errTooMany
	}
	f.bound[c.way]++
	c.bound = true
	c.place.Bind()
	return nil
}

// remote returns where a client is that has an address for the server, behind what a header X-Forwarded-For
// said; that address if it is not known.
func (f *fronts) remote(addr string) string {
	addr = addr[strings.LastIndexByte(addr, '/')+1:]
	if c := f.find(addr); c != nil {
		return c.outer.RemoteAddr().String()
	}
	return addr
}

// stopListening accepts no further connections.
func (f *fronts) stopListening() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, ln := range f.listeners {
		_ = ln.Close() // it has served already, or nobody
	}
}

// close ends all connections.
func (f *fronts) close() {
	f.stopListening()
	f.mu.Lock()
	f.closed = true
	for _, c := range f.clients {
		_, _ = c.outer.Close(), c.inner.Close()
	}
	f.mu.Unlock()
	f.running.Wait()
}
