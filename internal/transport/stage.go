package transport

import (
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"readback/internal/lograte"
)

// Opening limits what connections do before they are accepted: read a PROXY header, do a TLS
// handshake. The zero value is useful.
type Opening struct {
	Timeout time.Duration // for each connection; 0: 10 s
	AtOnce  int           // connections that open at a time; 0: 256
	Log     *slog.Logger  // of those that fail; nil: none
	Refused Refused       // called for those that fail; may be nil
}

func (o Opening) withDefaults() Opening {
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.AtOnce <= 0 {
		o.AtOnce = 256
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// graceShare is the part of its time for which a connection keeps its place in any case.
// After that it gives up its place when all are taken and another connection waits. Peers
// that connect and send nothing must not keep others out until they time out.
const graceShare = 8

var (
	errTimeout  = errors.New("not done in time")
	errMadeRoom = errors.New("slow while others waited")
	errLeft     = errors.New("left without a word")
)

// stage is a listener whose connections open in goroutines of their own, so that a slow
// connection delays no other. Accept returns the open ones. The goroutines start with the
// first Accept and have ended when Close returns.
type stage struct {
	// Static after construction.
	net.Listener
	reason  string
	open    func(net.Conn) (net.Conn, error) // ends when its connection is closed
	opening Opening
	lines   lograte.Lines

	begin    sync.Once
	running  sync.WaitGroup
	places   chan struct{} // holds an element for each connection that opens, or is open and waits for Accept
	wanted   chan struct{} // offers the place of a slow connection to a new one
	accepted chan accepted
	closed   chan struct{}
	end      func() // closes closed
}

// accepted is a result of Accept.
type accepted struct {
	conn net.Conn
	err  error
}

func newStage(ln net.Listener, reason string, o Opening, open func(net.Conn) (net.Conn, error)) *stage {
	o = o.withDefaults()
	s := &stage{
		Listener: ln, reason: reason, open: open, opening: o,
		places: make(chan struct{}, o.AtOnce), wanted: make(chan struct{}),
		accepted: make(chan accepted), closed: make(chan struct{}),
	}
	s.end = sync.OnceFunc(func() { close(s.closed) })
	return s
}

// Accept waits for the next open connection.
func (s *stage) Accept() (net.Conn, error) {
	s.begin.Do(func() { s.running.Go(s.run) })
	select {
	case a := <-s.accepted:
		return a.conn, a.err
	case <-s.closed:
		return nil, net.ErrClosed
	}
}

// Close closes the listener below as well, and the connections that were not
// accepted yet.
func (s *stage) Close() error {
	s.begin.Do(func() {}) // no new connection starts to open
	err := s.Listener.Close()
	s.end()
	s.running.Wait()
	return err
}

// run takes connections from the listener below until that is closed.
func (s *stage) run() {
	defer s.end()
	for {
		conn, err := s.Listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			// The caller of Accept decides how soon it tries again.
			if !s.hand(accepted{err: err}) {
				return
			}
			continue
		}
		if !s.takePlace() {
			_ = conn.Close() // it came too late, so an error does not matter
			return
		}
		s.running.Go(func() {
			s.serve(conn)
			<-s.places
		})
	}
}

// takePlace waits until one more connection may open. It returns false when the listener
// closes. When no place is free, it asks a slow connection for its place. Meanwhile new
// connections wait in the backlog of the socket.
func (s *stage) takePlace() bool {
	select {
	case s.places <- struct{}{}:
		return true
	default:
	}
	select {
	case s.places <- struct{}{}:
		return true
	case s.wanted <- struct{}{}:
	case <-s.closed:
		return false
	}
	select {
	case s.places <- struct{}{}:
		return true
	case <-s.closed:
		return false
	}
}

// serve opens one connection and passes it to Accept.
func (s *stage) serve(conn net.Conn) {
	opened, verdict := make(chan struct{}), make(chan error, 1)
	s.running.Go(func() { verdict <- s.guard(conn, opened) })
	out, err := s.open(conn)
	close(opened)
	if why := <-verdict; why != nil {
		err = why
	}
	if err != nil {
		s.fail(conn, err)
		return
	}
	if !s.hand(accepted{conn: out}) {
		_ = out.Close() // nobody accepts any more
	}
}

// guard closes the connection with a reason if it is not open in time.
func (s *stage) guard(conn net.Conn, opened <-chan struct{}) error {
	grace, end := time.NewTimer(s.opening.Timeout/graceShare), time.NewTimer(s.opening.Timeout)
	defer grace.Stop()
	defer end.Stop()
	var why error
	var wanted <-chan struct{} // nil during the grace
	for why == nil {
		select {
		case <-opened:
			return nil
		case <-grace.C:
			wanted = s.wanted
		case <-wanted:
			why = errMadeRoom
		case <-end.C:
			why = errTimeout
		case <-s.closed:
			why = net.ErrClosed
		}
	}
	_ = conn.Close() // open sees it
	return why
}

// fail closes a connection that did not open. Load balancers probe by connecting and leaving
// every few seconds; these are not worth a warning.
func (s *stage) fail(conn net.Conn, err error) {
	remote := conn.RemoteAddr().String()
	_ = conn.Close() // the cause is in err
	switch {
	case errors.Is(err, net.ErrClosed):
	case errors.Is(err, errLeft):
		s.opening.Log.Debug("connection left without a word", "stage", s.reason, "remote", remote)
	default:
		s.lines.Warn(s.opening.Log, "connection refused", s.reason, "remote", remote, "error", err)
		if s.opening.Refused != nil {
			s.opening.Refused(s.reason, remote)
		}
	}
}

// hand passes a to Accept. It returns false when the listener closes.
func (s *stage) hand(a accepted) bool {
	select {
	case s.accepted <- a:
		return true
	case <-s.closed:
		return false
	}
}
