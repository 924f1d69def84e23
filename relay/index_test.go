package relay

import (
	"encoding/binary"
	"testing"

	"github.com/cockroachdb/pebble"

	"readback/relay/message"
	"readback/relay/relaytest"
)

// An index of another version or another stream is discarded and built again from the log. An
// index of this version and stream is kept.
func TestIndexOfAnotherVersion(t *testing.T) {
	written := writtenStore(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	for _, tt := range []struct {
		name     string
		change   func(meta []byte) []byte
		believed bool
	}{
		{"as it is", func(meta []byte) []byte { return meta }, true},
		{"older version", func(meta []byte) []byte { meta[0]--; return meta }, false},
		{"newer version", func(meta []byte) []byte { meta[0]++; return meta }, false},
		{"no version", func(meta []byte) []byte { return meta[1:] }, false},
		{"no meta", func([]byte) []byte { return nil }, false},
		{"stream made later", func(meta []byte) []byte { return made(meta, 1) }, false},
		{"stream made earlier", func(meta []byte) []byte { return made(meta, ^uint64(0)) }, false},
		{"more behind it", func(meta []byte) []byte { return append(meta, 0) }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			opt := copied(t, written)
			meta := plant(t, opt, tt.change, &c)
			r := start(t, opt)
			if _, ok := r.Ledger().Routed([]byte("planted")); ok != tt.believed {
				t.Errorf("what does not stand in the log: found %v, want %v", ok, tt.believed)
			}
			want := message.StateSent
			if tt.believed {
				want = message.StateFailed
			}
			if f := r.found(c, 1); f == nil || f.entry.state != want {
				t.Errorf("message: got %+v, want state %s", f, want)
			}
			if got, err := r.index.get(keyMeta); string(got) != meta || err != nil {
				t.Errorf("meta: got %x, %v, want %x", got, err, meta)
			}
		})
	}
}

// made changes the time when the stream was made.
func made(meta []byte, by uint64) []byte {
	return binary.BigEndian.AppendUint64(meta[:1], binary.BigEndian.Uint64(meta[1:])+by)
}

// plant puts a route into an index that the log does not have, and marks the first message of a
// conversation as failed. It also changes the meta of the index, and returns the one before.
func plant(t *testing.T, opt Options, change func([]byte) []byte, c *message.Conversation) (was string) {
	t.Helper()
	r, err := Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	f, err := r.index.findNumber(c, 1, maxDay)
	if err != nil || f == nil {
		t.Fatalf("message: %v, %v", f, err)
	}
	f.entry.state = message.StateFailed
	meta, err := r.index.get(keyMeta)
	if err != nil {
		t.Fatal(err)
	}
	was = string(meta)
	db := r.index.db
	err = firstError(
		db.Set(entryKey(nil, &f.place), appendEntry(nil, &f.entry), pebble.NoSync),
		db.Set(routeKey(nil, f.place.Day, []byte("planted")), []byte("bank"), pebble.NoSync),
		db.Delete(keyMeta, pebble.NoSync))
	if meta = change(meta); meta != nil {
		err = firstError(err, db.Set(keyMeta, meta, pebble.NoSync))
	}
	if err != nil {
		t.Fatal(err)
	}
	return was
}

// An index that is ahead of the log, or does not say how far it got, is built again from the
// log.
func TestIndexAheadOfItsLog(t *testing.T) {
	written := writtenStore(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	for name, value := range map[string][]byte{
		"ahead":      appendApplied(nil, applied{seq: 1 << 40, epoch: 1}),
		"unreadable": {1, 2, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opt := copied(t, written)
			plant(t, opt, func(meta []byte) []byte { return meta }, &c)
			ix, err := openIndex(opt.Store+"/index", opt.logger())
			if err != nil {
				t.Fatal(err)
			}
			if err := firstError(ix.db.Set(keyApplied, value, pebble.NoSync), ix.close()); err != nil {
				t.Fatal(err)
			}
			r := start(t, opt)
			if f := r.found(c, 1); f == nil || f.entry.state != message.StateSent {
				t.Errorf("message: got %+v, want state sent", f)
			}
		})
	}
}
