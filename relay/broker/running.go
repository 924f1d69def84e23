package broker

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	startTimeout = time.Minute     // of the server
	stopTimeout  = 2 * time.Second // of the server
)

// running is one embedded server. Another one takes its place after a failure.
type running struct {
	*server.Server
	log    *serverLog
	syncer *syncer // nil: the server syncs each write
	fronts *fronts
	inner  *server.Options
	ports  map[string]int // of the listeners, by their names; none is 0
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
