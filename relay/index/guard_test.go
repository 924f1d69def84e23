package index

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble"
	"github.com/cockroachdb/pebble/vfs"

	"readback/relay/journal"
	"readback/relay/relaytest"
)

// fullDisk has no room for files whose name begins with prefix, until roomy is set.
type fullDisk struct {
	vfs.FS
	prefix string
	roomy  atomic.Bool
	tried  atomic.Int32 // how often one was created
}

func (d *fullDisk) Create(name string) (vfs.File, error) {
	if d.roomy.Load() || !strings.HasPrefix(filepath.Base(name), d.prefix) {
		return d.FS.Create(name)
	}
	d.tried.Add(1)
	return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.ENOSPC}
}

// openWith opens an index with one route.
func openWith(t *testing.T, dir string) *Index {
	t.Helper()
	ix, err := Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	route(t, ix, 1, "a")
	return ix
}

func route(t *testing.T, ix *Index, seq uint64, id string) {
	t.Helper()
	a := &Applier{Index: ix}
	batch := journal.Seal(journal.AppendRoute(journal.AppendHeader(nil, journal.Header{Epoch: 1, Serial: seq}), 9, "bank", []byte(id)))
	if _, err := a.Apply(seq, batch, true); err != nil {
		t.Fatal(err)
	}
}

// A store that cannot be flushed is given up in time. It can be opened again, and has what was flushed.
func TestCloseFullDisk(t *testing.T) {
	ix := openWith(t, t.TempDir())
	if err := ix.Flush(); err != nil {
		t.Fatal(err)
	}
	route(t, ix, 2, "b")
	disk := &fullDisk{FS: ix.guard.FS}
	ix.guard.FS, ix.guard.closeTime = disk, 10*time.Millisecond
	if err := ix.Close(); !errors.Is(err, errGivenUp) {
		t.Errorf("got %v, want %v", err, errGivenUp)
	}
	if n := disk.tried.Load(); n > 2 {
		t.Errorf("the flush was tried %d times, want a pause between", n)
	}
	if err := ix.Open(); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"a": "bank", "b": ""} {
		if got, err := ix.Route([]byte(id), 9, 1); got != want || err != nil {
			t.Errorf("route %s: got %q, %v, want %q", id, got, err, want)
		}
	}
	if err := ix.Close(); err != nil {
		t.Error(err)
	}
}

// A flush that has no room ends with its context, or when the index is closed, which does not wait for it.
func TestFlushFullDisk(t *testing.T) {
	ix := openWith(t, t.TempDir())
	disk := &fullDisk{FS: ix.guard.FS, prefix: "0"}
	ix.guard.FS, ix.guard.closeTime = disk, 10*time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := ix.FlushContext(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	flushed := make(chan error, 1)
	go func() { flushed <- ix.Flush() }()
	for disk.tried.Load() == 0 {
		runtime.Gosched()
	}
	if err := ix.Close(); !errors.Is(err, errGivenUp) {
		t.Errorf("close: got %v, want %v", err, errGivenUp)
	}
	if err := relaytest.Receive(t, flushed); !errors.Is(err, ErrClosed) {
		t.Errorf("flush: got %v, want %v", err, ErrClosed)
	}
}

// When Pebble cannot write its manifest the index says so. It can still be read, and opened again.
func TestManifestFullDisk(t *testing.T) {
	ix := openWith(t, t.TempDir())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ix.guard.Fatalf("MANIFEST flush failed: %v", error(syscall.ENOSPC))
	}()
	<-ended
	if err := ix.Err(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v, want that there is no room", err)
	}
	if got, err := ix.Route([]byte("a"), 9, 1); got != "bank" || err != nil {
		t.Errorf("route: got %q, %v", got, err)
	}
	if err := ix.Close(); err != nil {
		t.Error(err)
	}
	if err := ix.Open(); err != nil || ix.Err() != nil {
		t.Errorf("open again: got %v, %v", err, ix.Err())
	}
	if err := ix.Close(); err != nil {
		t.Error(err)
	}
}

// A new index on a full disk is an error, whatever Pebble makes of it.
func TestOpenFullDisk(t *testing.T) {
	for _, prefix := range []string{"", "MANIFEST", "CURRENT", "marker", "0"} {
		g := newGuard(&fullDisk{FS: vfs.Default, prefix: prefix}, slog.New(slog.DiscardHandler), func(error) {})
		db, err := g.openDB(t.TempDir(), &pebble.Options{FS: g, Logger: g, DisableWAL: true})
		if err == nil {
			_ = db.Close() // it does not make such a file
			continue
		}
		if !errors.Is(err, syscall.ENOSPC) || isDamageAtOpen(err) {
			t.Errorf("%s: got %v, want that there is no room", prefix, err)
		}
	}
}
