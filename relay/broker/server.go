// Package broker is the embedded NATS server and who may use it, and the process's own connection to
// that server or to a cluster.
package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"readback/internal/transport"
	"readback/relay/access"
	"readback/relay/inprocess"
)

const storeDir = "nats" // of the streams, in the store

// Options are those of the embedded server.
type Options struct {
	Store  string        // the directory; the streams are below nats in it
	Sync   time.Duration // how often the files are synced; 0: after each write
	Listen string        // address for NATS clients; empty: none

	ListenTLS *tls.Config // nil: none
	Users     []User      // who may use Listen; empty: everybody may do everything, so Listen must be on loopback

	// Listeners for handsets and app backends; nil: none.
	MQTT, WebSocket *Listener

	MaxClients int             // connections at these listeners
	Unknown    Limits          // of the connections of one source at any listener that have not authenticated
	MaxPayload int             // octets of a message of any client with its headers; beyond it the client is disconnected
	Callers    *access.Callers // who may connect there
	Ready      <-chan struct{} // closed when what is acknowledged to clients is kept; none may connect before

	Log     *slog.Logger
	Mask    func(number string) string // writes a subscriber's number as the log shows it
	Metrics *Metrics
}

// Server is the embedded NATS server. Its methods may be called from any goroutine.
type Server struct {
	// Static after construction.
	opt        Options
	limited    *limitedLog
	authorizer *authorizer // nil without a listener
	limiters   map[way]*transport.Limiter

	mu      sync.Mutex              // held while a server is started or stopped
	running atomic.Pointer[running] // nil while none runs
}

var (
	// ErrNotRunning is the error of a server that was not started, or was shut down.
	ErrNotRunning = errors.New("embedded NATS server does not run")
	errDisabled   = errors.New("embedded NATS server has given up its store")
)

// New returns a server that does not run yet. The error says that it could not listen where it is to.
func New(opt Options) (*Server, error) {
	s := &Server{opt: opt, limited: newLimitedLog(opt.Log)}
	if opt.Listen != "" || opt.hasClients() {
		s.authorizer = newAuthorizer(&s.opt, s.limited)
		s.limiters = s.opt.newLimiters()
	}
	return s, s.opt.tryListeners()
}

// Open starts a server, unless one runs that can be used. In place of one that could not write, it starts
// one when there is room. After an error Open can be called again.
func (s *Server) Open() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch err := s.Err(); err {
	case nil:
		return nil
	case ErrNotRunning:
	default:
		if room := hasRoom(s.opt.Store); room != nil {
			return fmt.Errorf("%w (%w)", err, room)
		}
	}
	s.shutdown()
	return s.start()
}

// Err returns why there is no server that can be used; nil if there is one.
func (s *Server) Err() error {
	now := s.running.Load()
	switch {
	case now == nil:
		return ErrNotRunning
	case now.log.failure() != nil:
		return now.log.failure()
	case !now.JetStreamEnabled():
		return errDisabled
	}
	return nil
}

// Working returns a context that ends, with the reason, when the server that runs now cannot write. It
// does not answer then.
func (s *Server) Working() context.Context {
	if now := s.running.Load(); now != nil {
		return now.log.working
	}
	return context.Background()
}

// streams returns where the streams are.
func (s *Server) streams() string {
	return filepath.Join(s.opt.Store, storeDir, "jetstream", "$G", "streams")
}

// Directory returns where the messages of a stream are.
func (s *Server) Directory(stream string) string {
	return filepath.Join(s.streams(), stream, messagesDir)
}

// InProcessConn connects to the server that runs now (nats.InProcessServer).
func (s *Server) InProcessConn() (net.Conn, error) {
	now := s.running.Load()
	if now == nil {
		return nil, ErrNotRunning
	}
	return now.InProcessConn()
}

// NewClient returns a client of the server that runs when it asks. It has the rights of the process.
func (s *Server) NewClient(name string, timeout time.Duration) *inprocess.Client {
	opt := inprocess.Options{Dial: s.InProcessConn, Name: name, Timeout: timeout}
	if s.authorizer != nil {
		opt.User, opt.Password = ownUser, s.authorizer.secret
	}
	return inprocess.New(opt)
}

// DisconnectClients disconnects all clients of the listeners, because other credentials are
// needed now. They have to authenticate again.
func (s *Server) DisconnectClients() {
	if s.authorizer != nil && s.running.Load() != nil {
		s.authorizer.disconnectAll()
	}
}

// Shutdown stops the server, if one runs. It returns when the server has stopped, or after some seconds
// when it does not stop.
func (s *Server) Shutdown() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shutdown()
}

func (s *Server) shutdown() {
	if now := s.running.Swap(nil); now != nil {
		now.stop(s.opt.Log)
	}
}
