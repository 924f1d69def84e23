package relay

import (
	"context"
	"fmt"
	"os"
	"time"
)

const (
	reviveEvery = 5 * time.Second
	reviveRoom  = 16 << 20 // octets that must be free before the streams are opened again
)

// revive starts the embedded server anew, as soon as there is room, after one of its streams
// could not be written: it does not try again by itself.
func (r *Relay) revive(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.spoilt:
		}
		for r.reopen() != nil {
			select {
			case <-ctx.Done():
				return
			case <-time.After(reviveEvery):
			}
		}
		r.log.Info("store can be written again")
	}
}

// reopen starts the server anew if there is room.
func (r *Relay) reopen() error {
	if err := hasRoom(r.opt.Store); err != nil {
		return err
	}
	s := r.server.Load()
	s.Shutdown()
	s.WaitForShutdown()
	return r.startServer()
}

// hasRoom writes a file and removes it: what is free otherwise differs by system.
func hasRoom(dir string) (err error) {
	f, err := os.CreateTemp(dir, "room-")
	if err != nil {
		return fmt.Errorf("look for room: %w", err)
	}
	defer func() {
		_ = f.Close() // nothing in it is wanted
		_ = os.Remove(f.Name())
	}()
	if _, err := f.Write(make([]byte, reviveRoom)); err != nil {
		return fmt.Errorf("look for room: %w", err)
	}
	return f.Sync()
}
