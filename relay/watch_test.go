package relay

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats.go"

	"readback/relay/index"
	"readback/relay/relaytest"
)

// What is lost is found by a look, without an append or a request that would fail.
func TestLookFindsWhatIsLost(t *testing.T) {
	for name, tt := range map[string]struct {
		lose func(r *Relay) error
		want error
	}{
		"nothing":    {func(*Relay) error { return nil }, nil},
		"store":      {func(r *Relay) error { return os.Remove(filepath.Join(r.opt.Store, "LOCK")) }, errVanished},
		"index":      {func(r *Relay) error { return r.index.Close() }, index.ErrClosed},
		"connection": {func(r *Relay) error { r.conn.Load().NC.Close(); return nil }, nats.ErrConnectionClosed},
	} {
		t.Run(name, func(t *testing.T) {
			opt := testOptions(t)
			opt.Logger = nil
			r, err := Open(opt)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = r.close() })
			if err := r.openStore(); err != nil {
				t.Fatal(err)
			}
			c, err := r.connect(relaytest.Deadline(t))
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.lose(r); err != nil {
				t.Fatal(err)
			}
			if err := r.lost(c); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}
