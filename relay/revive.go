package relay

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	reviveEvery = 5 * time.Second
	reviveRoom  = 16 << 20 // octets that must be free before the streams are opened again
)

// revive opens the streams of the embedded server anew, as soon as there is room, after one
// could not be written: the server does not try again by itself.
func (r *Relay) revive(ctx context.Context) {
	streams := *r.server.JetStreamConfig()
	streams.StoreDir = filepath.Dir(streams.StoreDir) // the server puts its own name behind it
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.spoilt:
		}
		for r.reopen(streams) != nil {
			select {
			case <-ctx.Done():
				return
			case <-time.After(reviveEvery):
			}
		}
		r.log.Info("store can be written again")
	}
}

// reopen opens the streams anew if there is room.
func (r *Relay) reopen(streams server.JetStreamConfig) error {
	if err := hasRoom(r.opt.Store); err != nil {
		return err
	}
	if err := r.server.ShutdownJetStream(); err != nil {
		return err
	}
	return r.server.EnableJetStream(&streams)
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
