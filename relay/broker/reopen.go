package broker

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	reopenEvery = 2 * time.Second // between looks whether a server has to be started again, and there is room
	reopenRoom  = 16 << 20        // octets that must be free before the streams are opened again
)

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
