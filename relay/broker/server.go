// Package broker is the embedded NATS server and who may use it, and the process's own connection to
// that server or to a cluster.
package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"readback/relay/access"
)

const (
	startTimeout = time.Minute     // of the server
	reopenEvery  = 5 * time.Second // between looks whether there is room again
	reopenRoom   = 16 << 20        // octets that must be free before the streams are opened again
)

// Options are those of the embedded server.
type Options struct {
	Store  string        // the directory; the streams are below nats in it
	Sync   time.Duration // how often the files are synced; 0: after each write
	Listen string        // loopback address for NATS clients, which may do everything; empty: none

	// Listeners for handsets and app backends; nil: none.
	MQTT, WebSocket *Listener

	MaxClients int             // connections at these listeners
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
	opt         Options
	limited     *limitedLog
	authorizer  *authorizer // nil without listeners
	writeFailed chan struct{}

	mqtt, webSocket int // ports at the start; 0: none

	running atomic.Pointer[server.Server] // another one after each reopening
}

// Start starts the embedded server. The caller has to shut it down.
func Start(opt Options) (*Server, error) {
	s := &Server{opt: opt, limited: newLimitedLog(opt.Log), writeFailed: make(chan struct{}, 1)}
	if opt.MQTT != nil || opt.WebSocket != nil {
		s.authorizer = newAuthorizer(&s.opt, s.limited)
	}
	o, err := s.start()
	if err != nil {
		return nil, err
	}
	if s.authorizer != nil {
		s.mqtt, s.webSocket = o.MQTT.Port, o.Websocket.Port // those that were chosen for 0
		opt.Log.Info("handsets and app backends can connect", "mqtt_port", s.mqtt, "websocket_port", s.webSocket)
	}
	return s, nil
}

// start starts a server, and returns the options that it runs with.
func (s *Server) start() (*server.Options, error) {
	o, err := s.serverOptions()
	if err != nil {
		return nil, err
	}
	started, err := server.NewServer(o)
	if err != nil {
		return nil, fmt.Errorf("embedded NATS server: %w", err)
	}
	log := &serverLog{opt: &s.opt, limited: s.limited, writeFailed: s.writeFailed}
	started.SetLogger(log, false, false)
	if s.authorizer != nil {
		s.authorizer.server.Store(started)
	}
	started.Start()
	if log.fatal != nil || !started.ReadyForConnections(startTimeout) || !started.JetStreamEnabled() {
		started.Shutdown()
		return nil, errors.Join(fmt.Errorf("embedded NATS server did not start on %q", o.StoreDir), log.fatal)
	}
	s.running.Store(started)
	return o, nil
}

func (s *Server) serverOptions() (*server.Options, error) {
	o := &server.Options{
		ServerName:   "readback",
		JetStream:    true,
		StoreDir:     filepath.Join(s.opt.Store, "nats"),
		DontListen:   s.opt.Listen == "",
		SyncInterval: s.opt.Sync,
		SyncAlways:   s.opt.Sync == 0,
		NoSigs:       true,
		NoLog:        true,

		// By default the bound is three quarters of what is free at the start: a restart beside a
		// large log would have no room for it. Here the disk is the bound.
		JetStreamMaxStore: math.MaxInt64 / 2,
	}
	if s.opt.Listen != "" {
		var err error
		if o.Host, o.Port, err = hostPort(s.opt.Listen); err != nil {
			return nil, err
		}
	}
	if s.authorizer == nil {
		return o, nil
	}
	o.CustomClientAuthentication = s.authorizer
	return o, s.opt.addListeners(o)
}

// ClientURL returns the URL for NATS clients; empty without Listen.
func (s *Server) ClientURL() string {
	if s.opt.Listen == "" {
		return ""
	}
	return s.running.Load().ClientURL()
}

// Ports returns the ports of the listeners for handsets and app backends; 0 for none.
func (s *Server) Ports() (mqtt, webSocket int) { return s.mqtt, s.webSocket }

// InProcessConn connects to the server that runs now (nats.InProcessServer).
func (s *Server) InProcessConn() (net.Conn, error) { return s.running.Load().InProcessConn() }

// DisconnectClients disconnects all clients of the listeners, because other credentials are
// needed now. They have to authenticate again.
func (s *Server) DisconnectClients() {
	if s.authorizer != nil {
		s.authorizer.disconnectAll()
	}
}

// Run opens the streams again after one of them could not be written, and disconnects clients
// with too many subscriptions, until ctx ends.
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
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.writeFailed:
		}
		for s.reopen() != nil {
			select {
			case <-ctx.Done():
				return
			case <-time.After(reopenEvery):
			}
		}
		s.opt.Log.Info("store can be written again")
	}
}

// reopen starts another server if there is room.
func (s *Server) reopen() error {
	if err := hasRoom(s.opt.Store); err != nil {
		return err
	}
	s.Shutdown()
	_, err := s.start()
	return err
}

// Shutdown stops the server. It returns when the server has stopped.
func (s *Server) Shutdown() {
	running := s.running.Load()
	running.Shutdown()
	running.WaitForShutdown()
}

// hasRoom writes a file and removes it: how much is free otherwise is asked differently on each
// system.
func hasRoom(dir string) (err error) {
	f, err := os.CreateTemp(dir, "room-")
	if err != nil {
		return fmt.Errorf("look for room: %w", err)
	}
	defer func() {
		_ = f.Close() // nothing in it is wanted
		_ = os.Remove(f.Name())
	}()
	if _, err := f.Write(make([]byte, reopenRoom)); err != nil {
		return fmt.Errorf("look for room: %w", err)
	}
	return f.Sync()
}
