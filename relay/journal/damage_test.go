package journal

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/relaytest"
)

// storedBatches is how many batches the store had before it was damaged.
const storedBatches = 20

func storedBatch(n int) []byte {
	batch := AppendHeader(nil, Header{Epoch: 1, Serial: uint64(n)})
	return Seal(AppendRoute(batch, 20780, "bank", bytes.Repeat([]byte{byte('a' + n)}, 60)))
}

// openStore opens the log of a server of its own on a store.
func openStore(t *testing.T, dir string) (*server.Server, *JetStream) {
	t.Helper()
	s := relaytest.NATS(t, dir, server.RANDOM_PORT)
	nc, err := nats.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return s, openStream(t, js)
}

// openStream opens the log in its stream, which it makes if there is none.
func openStream(t *testing.T, js jetstream.JetStream) *JetStream {
	t.Helper()
	stream, err := js.CreateOrUpdateStream(relaytest.Deadline(t), StreamConfig(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	l, err := NewJetStream(js, stream.CachedInfo(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// theBlock is the file with the messages of the log.
func theBlock(t *testing.T, dir string) string {
	t.Helper()
	blocks, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", Stream, "msgs", "*.blk"))
	if err != nil || len(blocks) != 1 {
		t.Fatalf("got %q, %v, want one block", blocks, err)
	}
	return blocks[0]
}

// Whatever has become of the store of a server that was stopped, the log opens, is replayed in
// bounded time without what is damaged, and takes batches.
func TestDamagedStore(t *testing.T) {
	at := func(block []byte, n int) int { return bytes.Index(block, storedBatch(n)) }
	flip := func(n int) func(*testing.T, string, []byte) []byte {
		return func(_ *testing.T, _ string, block []byte) []byte {
			block[at(block, n)+20] ^= 0xFF
			return block
		}
	}
	for _, tt := range []struct {
		name   string
		damage func(t *testing.T, path string, block []byte) []byte // nil: the file is removed
		least  int                                                  // batches that have to be read
	}{
		{"one octet, first batch", flip(1), 0},
		{"one octet, in the middle", flip(10), 9},
		{"one octet, last batch", flip(storedBatches), storedBatches - 1},
		{"cut short by 300 octets", func(_ *testing.T, _ string, block []byte) []byte { return block[:len(block)-300] }, 10},
		{"middle is zero", func(_ *testing.T, _ string, block []byte) []byte {
			clear(block[at(block, 8):at(block, 12)])
			return block
		}, 7},
		{"all is zero", func(_ *testing.T, _ string, block []byte) []byte { clear(block); return block }, 0},
		{"empty", func(*testing.T, string, []byte) []byte { return []byte{} }, 0},
		{"removed", func(t *testing.T, path string, _ []byte) []byte {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			return nil
		}, 0},
	} {
		for _, state := range []string{"kept", "removed"} {
			t.Run(tt.name+", state "+state, func(t *testing.T) {
				t.Parallel() // it waits for a server that does not get past damage
				dir := t.TempDir()
				s, l := openStore(t, dir)
				for n := 1; n <= storedBatches; n++ {
					mustAppend(t, l, string(storedBatch(n)))
				}
				relaytest.Halt(s)
				path := theBlock(t, dir)
				block, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if changed := tt.damage(t, path, block); changed != nil {
					err = os.WriteFile(path, changed, 0o600)
				}
				if state == "removed" {
					_ = os.Remove(filepath.Join(filepath.Dir(path), "index.db")) // it is made of the blocks then
				}
				if err != nil {
					t.Fatal(err)
				}
				checkDamaged(t, dir, tt.least)
			})
		}
	}
}

// checkDamaged opens a damaged store, reads it and goes on in it.
func checkDamaged(t *testing.T, dir string, least int) {
	t.Helper()
	_, l := openStore(t, dir)
	began := time.Now()
	read := readIntact(t, l)
	if took := time.Since(began); took > 4*replayPatience {
		t.Errorf("replay took %s", took)
	}
	if len(read) < least {
		t.Errorf("got batches %d, want at least %d", read, least)
	}
	if _, err := l.Newest(relaytest.Deadline(t)); err != nil {
		t.Errorf("newest: %v", err)
	}
	if err := l.Check(relaytest.Deadline(t)); err != nil {
		t.Errorf("check: %v", err)
	}
	if fate, err := l.Settle(relaytest.Deadline(t), storedBatch(99)); fate != Lost || err != nil {
		t.Errorf("settle: got %v, %v, want that the batch is not there", fate, err)
	}
	mustAppend(t, l, string(storedBatch(21)))
	if err := l.Check(relaytest.Deadline(t)); err != nil {
		t.Errorf("check after an append: %v", err)
	}
	again := openStream(t, l.js)
	if newest, err := again.Newest(relaytest.Deadline(t)); string(newest) != string(storedBatch(21)) || err != nil {
		t.Errorf("newest after an append: got %x, %v", newest, err)
	}
	if got := readIntact(t, again); !slices.Equal(got, append(read, 21)) {
		t.Errorf("batches after an append: got %d, want %d and 21", got, read)
	}
}

// readIntact replays a log and returns the serials of the batches whose checksum is right.
func readIntact(t *testing.T, l *JetStream) (serials []int) {
	t.Helper()
	last := uint64(0)
	err := l.Replay(relaytest.Deadline(t), 1, func(seq uint64, batch []byte) error {
		if seq <= last {
			t.Errorf("sequence %d after %d", seq, last)
		}
		last = seq
		if r, err := ParseBatch(batch); err == nil {
			serials = append(serials, int(r.Header.Serial))
		}
		return nil
	})
	if err != nil {
		t.Errorf("replay: %v", err)
	}
	return serials
}

// A log whose stream was purged, removed or made again is lost for the writer that had opened it, unless
// the stream still ends where it did.
func TestReplacedStream(t *testing.T) {
	remove := func(t *testing.T, js jetstream.JetStream) {
		if err := js.DeleteStream(relaytest.Deadline(t), Stream); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name  string
		do    func(t *testing.T, js jetstream.JetStream)
		final bool
	}{
		{"as it was", func(*testing.T, jetstream.JetStream) {}, false},
		{"purged", func(t *testing.T, js jetstream.JetStream) {
			stream, err := js.Stream(relaytest.Deadline(t), Stream)
			if err == nil {
				err = stream.Purge(relaytest.Deadline(t))
			}
			if err != nil {
				t.Fatal(err)
			}
		}, false},
		{"removed", remove, true},
		{"made again", func(t *testing.T, js jetstream.JetStream) { remove(t, js); openStream(t, js) }, true},
		{"made again, and as long", func(t *testing.T, js jetstream.JetStream) {
			remove(t, js)
			mustAppend(t, openStream(t, js), "a", "b")
		}, true},
		{"appended to by another writer", func(t *testing.T, js jetstream.JetStream) { mustAppend(t, openStream(t, js), "a") }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			js := relaytest.JetStream(t)
			l := openStream(t, js)
			mustAppend(t, l, "one", "two")
			tt.do(t, js)
			if err := l.Check(relaytest.Deadline(t)); IsFinal(err) != tt.final || err != nil && !tt.final {
				t.Errorf("check: got %v, want that the log is lost: %v", err, tt.final)
			}
			fate, err := l.Settle(relaytest.Deadline(t), []byte("three"))
			if IsFinal(err) != tt.final || !tt.final && (fate != Lost || err != nil) {
				t.Errorf("settle: got %v, %v, want that the log is lost: %v", fate, err, tt.final)
			}
			if tt.name == "made again, and as long" {
				return // that an append does not notice
			}
			if err := l.Append(relaytest.Deadline(t), []byte("three")); (err != nil) != tt.final {
				t.Errorf("append: got %v, want that the log is lost: %v", err, tt.final)
			}
		})
	}
}
