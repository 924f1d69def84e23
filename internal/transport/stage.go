package transport

import (
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"
)

// Opening bounds what connections do before they are accepted: a PROXY header, a
// TLS handshake. The zero value is useful.
type Opening struct {
	Timeout time.Duration // for each connection; 0: 10 s
	AtOnce  int           // connections that open at a time; 0: 256
	Log     *slog.Logger  // of those that fail; nil: none
	Refused Refused       // told of those that fail; may be nil
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

// graceShare of its time is what a connection has for itself. After that it makes
// room when all places are taken and another one waits: peers that connect and say
// nothing must not keep the others out until they time out.
const graceShare = 8

var (
	errTimeout  = errors.New("not done in time")
	errMadeRoom = errors.New("slow while others waited")
	errLeft     = errors.New("left without a word")
)

// stage is a listener whose connections open in goroutines of their own, so that a
// slow one holds up nobody. Accept returns those that are done. The goroutines
// begin with the first Accept and have ended when Close returns.
type stage struct {
	// Static after construction.
	net.Listener
	reason  string
	open    func(net.Conn) (net.Conn, error) // ends when its connection is closed
	opening Opening

	begin    sync.Once
	running  sync.WaitGroup
	places   chan struct{} // one element for each that opens, or is done and waits for Accept
	wanted   chan struct{} // an offer to take the place of one that is slow
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

// Accept waits for the next connection that is open.
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
	s.begin.Do(func() {}) // nothing begins any more
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
			// Whoever accepts sets the pace in which this is tried again.
			if !s.hand(accepted{err: err}) {
				return
			}
			continue
		}
		if !s.takePlace() {
			_ = conn.Close() // too late: nothing was promised to it
			return
		}
		s.running.Go(func() {
			s.serve(conn)
			<-s.places
		})
	}
}

// takePlace waits until one more connection may open, and reports false when the
// listener closes. When no place is free it asks a slow connection for its own;
// what comes meanwhile waits in the backlog of the socket.
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

// serve opens one connection and hands it over.
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

// guard closes the connection if it is not open in time, and says why.
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

// fail closes a connection that did not open. Probes of load balancers connect and
// leave, every few seconds: they are no news.
func (s *stage) fail(conn net.Conn, err error) {
	remote := conn.RemoteAddr().String()
	_ = conn.Close() // the cause is in err
	switch {
	case errors.Is(err, net.ErrClosed):
	case errors.Is(err, errLeft):
		s.opening.Log.Debug("connection left without a word", "stage", s.reason, "remote", remote)
	default:
		s.opening.Log.Warn("connection refused", "reason", s.reason, "remote", remote, "error", err)
		if s.opening.Refused != nil {
			s.opening.Refused(s.reason, remote)
		}
	}
}

// hand gives a to Accept, and reports false when the listener closes.
func (s *stage) hand(a accepted) bool {
	select {
	case s.accepted <- a:
		return true
	case <-s.closed:
		return false
	}
}
