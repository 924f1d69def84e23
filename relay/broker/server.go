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
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"readback/internal/transport"
	"readback/relay/access"
	"readback/relay/inprocess"
)

const storeDir = "nats" // of the streams, in the store

const (
	startTimeout = time.Minute     // of the server
	stopTimeout  = 2 * time.Second // of the server
	reopenEvery  = 2 * time.Second // between looks whether a server has to be started again, and there is room
	reopenRoom   = 16 << 20        // octets that must be free before the streams are opened again
)

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

// running is one embedded server. Another one takes its place after a failure.
type running struct {
	*server.Server
	log    *serverLog
	syncer *syncer // nil: the server syncs each write
	fronts *fronts
	inner  *server.Options
	ports  map[string]int // of the listeners, by their names; none is 0
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

// start starts a server. The caller holds mu.
func (s *Server) start() error {
	o, err := s.serverOptions()
	if err != nil {
		return err
	}
	started, err := server.NewServer(o)
	if err != nil {
		return fmt.Errorf("embedded NATS server: %w", err)
	}
	now := &running{Server: started, inner: o, fronts: newFronts(s.opt.Log), ports: make(map[string]int)}
	now.log = newServerLog(&s.opt, s.limited, now.fronts)
	started.SetLogger(now.log, false, false)
	now.syncer = s.newSyncer(now.log)
	if s.authorizer != nil {
		s.authorizer.users.Store(nil) // an earlier server's
		s.authorizer.server.Store(started)
		s.authorizer.fronts.Store(now.fronts)
	}
	started.Start()
	if now.log.fatal != nil || !started.ReadyForConnections(startTimeout) || !started.JetStreamEnabled() {
		now.stop(s.opt.Log)
		return errors.Join(fmt.Errorf("embedded NATS server did not start on %q", o.StoreDir), now.log.fatal)
	}
	if s.authorizer != nil {
		users, err := addAccounts(started, s.opt.Users)
		if err != nil {
			now.stop(s.opt.Log)
			return fmt.Errorf("embedded NATS server: %w", err)
		}
		s.authorizer.users.Store(users)
	}
	if err := s.openFronts(now); err != nil {
		now.stop(s.opt.Log)
		return err
	}
	s.running.Store(now)
	if s.opt.hasClients() {
		s.opt.Log.Info("handsets and app backends can connect", "mqtt_port", now.ports[mqttListener], "websocket_port", now.ports[webSocketListener])
	}
	return nil
}

// streams returns where the streams are.
func (s *Server) streams() string {
	return filepath.Join(s.opt.Store, storeDir, "jetstream", "$G", "streams")
}

// newSyncer returns a syncer that runs, for a server with that log; nil if there is nothing for it to do.
func (s *Server) newSyncer(log *serverLog) *syncer {
	if s.opt.Sync == 0 {
		return nil
	}
	changes, err := newChanges()
	if err != nil {
		changes = nil // it looks each time
	}
	return startSyncer(&syncer{
		dir: s.streams(), every: s.opt.Sync, changes: changes,
		sync: (*os.File).Sync, took: s.opt.Metrics.synced, failed: log.fails,
	})
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

// Run starts another server after a failure, and disconnects clients with too many subscriptions, until
// ctx ends.
func (s *Server) Run(ctx context.Context) {
	var wg sync.WaitGroup
	if s.authorizer != nil {
		wg.Go(func() { s.authorizer.watch(ctx) })
	}
	s.reopenAfterFailures(ctx)
	wg.Wait()
}

// reopenAfterFailures starts another server, as soon as there is room, after a stream could not
// be written: the server never writes to that stream again.
func (s *Server) reopenAfterFailures(ctx context.Context) {
	look := time.NewTicker(reopenEvery)
	defer look.Stop()
	for failed := false; ; {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
		err := s.Err()
		failed = failed || err != nil && err != ErrNotRunning // not if somebody has shut it down
		if failed && s.Open() == nil {
			s.opt.Log.Info("store can be written again")
			failed = false
		}
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

// stop stops a server. Nobody waits any more for one that does not stop.
func (r *running) stop(log *slog.Logger) {
	r.fronts.stopListening()
	defer r.fronts.close()
	stopped := make(chan struct{})
	go func() {
		r.Server.Shutdown()
		r.WaitForShutdown()
		if r.syncer != nil {
			r.syncer.stop()
		}
		close(stopped)
	}()
	t := time.NewTimer(stopTimeout)
	defer t.Stop()
	select {
	case <-stopped:
	case <-t.C:
		log.Error("embedded NATS server does not stop and is left behind", "waited", stopTimeout)
	}
}

// hasRoom writes a file and removes it: how much is free otherwise is asked differently on each
// system.
func hasRoom(dir string) (err error) {
	name := filepath.Join(dir, "room")
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("look for room: %w", err)
	}
	defer func() {
		_ = f.Close() // nothing in it is wanted
		_ = os.Remove(name)
	}()
	if _, err := f.Write(make([]byte, reopenRoom)); err != nil {
		return fmt.Errorf("look for room: %w", err)
	}
	return f.Sync()
}
