package relay

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/journal"
	"readback/relay/relaytest"
)

// What a newer release may write.
var (
	newerBatch  = journal.Seal([]byte{journal.BatchVersion + 1, 0xFF, 0xFF}) // nobody here knows what follows the version
	newerRecord = journal.Seal(append(journal.AppendStop(journal.AppendHeader(nil, journal.Header{Epoch: 9, Serial: 50}), 1), byte(journal.Kinds), 0xFF))
)

// writtenStore is a store that was stopped cleanly.
func writtenStore(t *testing.T) Options {
	opt := testOptions(t)
	r := start(t, opt)
	r.submit(relaytest.Conversation(t, "10690001", "447700900123"), "4A7F01")
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	return opt
}

// copied is a store of one's own with the same in it.
func copied(t *testing.T, opt Options) Options {
	opt.Store = copyStore(t, opt.Store)
	return opt
}

// streamOf connects to the embedded server of a relay that does not run.
func streamOf(t *testing.T, r *Relay) (*nats.Conn, jetstream.Stream) {
	t.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(r.broker))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(relaytest.Deadline(t), journal.Stream)
	if err != nil {
		t.Fatal(err)
	}
	return nc, s
}

// appendToLog appends messages, and returns the sequence of the last one.
func appendToLog(t *testing.T, r *Relay, messages ...[]byte) uint64 {
	t.Helper()
	nc, s := streamOf(t, r)
	for _, data := range messages {
		if _, err := nc.Request(journal.Subject, data, journal.AppendTimeout*10); err != nil {
			t.Fatal(err)
		}
	}
	info, err := s.Info(relaytest.Deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	return info.State.LastSeq
}

// TestLogOfNewerRelease: a relay does not begin on a log that it cannot read all of, says why
// and what to do, and leaves the log and the index to the newer release.
func TestLogOfNewerRelease(t *testing.T) {
	written := writtenStore(t)
	reads := fmt.Sprintf("this release reads batches of versions 1 to 3 with records of kinds 1 to %d", journal.Kinds-1)
	newKind := fmt.Sprintf("records of kind %d", journal.Kinds)
	for _, tt := range []struct {
		name  string
		add   [][]byte
		index bool // it has all of the log
		found string
	}{
		{"another version", [][]byte{newerBatch}, false, "batches of version 4"},
		{"another version, which the index has", [][]byte{newerBatch}, true, "batches of version 4"},
		{"another version, and this one again", [][]byte{newerBatch, journal.Seal(journal.AppendStop(journal.AppendHeader(nil, journal.Header{Epoch: 9, Serial: 51}), 1))}, false, "batches of version 4"},
		{"another kind of record", [][]byte{newerRecord}, false, newKind},
		{"another kind of record, which the index has", [][]byte{newerRecord}, true, newKind},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			opt := copied(t, written)
			r := openedStore(t, opt)
			last := appendToLog(t, r, tt.add...)
			if tt.index {
				// How far the index has got: sequence, serial, no checksum, epoch, and nothing more.
				row := binary.AppendUvarint(binary.AppendUvarint(nil, last), last)
				r = withRow(t, r, "a", append(row, 0, 9, 0, 0, 0, 0, 0, 0, 0))
			}
			down := run(t, r)
			err := down.waitReason("newer release")
			if !strings.HasPrefix(err.Error(), "ledger is starting: log was written by a newer release") {
				t.Errorf("got %v, want one sentence that says so", err)
			}
			for _, want := range []string{tt.found, reads, "run the newer release, or restore the store"} {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want a sentence with %q", err, want)
				}
			}
			if err := down.stop(); err != nil {
				t.Errorf("stop: %v", err)
			}
			wantLeft(t, opt, last)
		})
	}
}

// withRow puts a row in the index of a relay that does not run, and opens it again.
func withRow(t *testing.T, r *Relay, key string, value []byte) *Relay {
	t.Helper()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := pebble.Open(filepath.Join(r.opt.Store, "index"), &pebble.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Set([]byte(key), value, pebble.Sync), db.Close()); err != nil {
		t.Fatal(err)
	}
	again := openedStore(t, r.opt)
	return again
}

// row returns a row of the index; "" when there is none.
func (r *Relay) row(key string) (row string) {
	_ = r.index.EachRow(func(k, value []byte) bool {
		if string(k) == key {
			row = string(value)
		}
		return true
	})
	return row
}

// wantLeft looks whether a log still ends where it did.
func wantLeft(t *testing.T, opt Options, last uint64) {
	t.Helper()
	r := openedStore(t, opt)
	defer func() { _ = r.Close() }()
	if got := appendToLog(t, r); got != last {
		t.Errorf("the log ends at %d, want %d as before", got, last)
	}
}

// TestNewerReleaseKeepsItsIndex: who cannot read the log does not empty an index of another
// version.
func TestNewerReleaseKeepsItsIndex(t *testing.T) {
	t.Parallel()
	opt := writtenStore(t)
	r := openedStore(t, opt)
	appendToLog(t, r, newerBatch)
	const meta = "\x07 of a newer release"
	r = withRow(t, r, "m", []byte(meta))
	down := run(t, r)
	_ = down.waitReason("newer release")
	_ = down.stop()
	again := openedStore(t, opt)
	defer func() { _ = again.Close() }()
	if got := again.row("m"); got != meta {
		t.Errorf("got %q, want %q as before", got, meta)
	}
}
