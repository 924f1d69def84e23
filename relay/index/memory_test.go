package index

import (
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/cockroachdb/pebble/vfs"

	"readback/relay/relaytest"
)

// An index in memory keeps what was flushed, as one on a disk does, and runs in virtual time.
func TestIndexInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, place := oneMessage(t)
		fs, logger := vfs.NewMem(), slog.New(slog.DiscardHandler)
		for _, life := range []struct {
			name  string
			flush bool
			found bool // when it is opened
		}{{"first", false, false}, {"after a crash", true, true}, {"after a flush", false, true}} {
			ix := NewIn(fs, "index", logger)
			if err := ix.Open(); err != nil {
				t.Fatal(err)
			}
			f, err := ix.FindNumber(&place.Conv, place.Number, relaytest.Any)
			if err != nil || (f != nil) != life.found {
				t.Errorf("%s: got %v, %v, want a message: %v", life.name, f, err, life.found)
			}
			a := &Applier{Index: ix}
			if _, err := a.Replay(t.Context(), log.Open(), logger); err != nil {
				t.Fatal(err)
			}
			if life.flush {
				if err := ix.Flush(); err != nil {
					t.Fatal(err)
				}
			}
			if err := ix.Discard(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
