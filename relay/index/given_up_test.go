package index

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/vfs"

	"readback/relay/relaytest"
)

// slowTable is a file system that takes a table only when it is released.
type slowTable struct {
	vfs.FS
	begun, released chan struct{}
}

func (s slowTable) Create(name string) (vfs.File, error) {
	f, err := s.FS.Create(name)
	if filepath.Ext(name) != ".sst" {
		return f, err
	}
	select {
	case s.begun <- struct{}{}:
	default:
	}
	<-s.released
	return f, err
}

// twoTables returns an index with two tables that have the same row, and how slowly it makes a third one of them.
func twoTables(t *testing.T) (*Index, slowTable) {
	t.Helper()
	ix := openWith(t, t.TempDir())
	if err := ix.Flush(); err != nil {
		t.Fatal(err)
	}
	route(t, ix, 2, "a")
	if err := ix.Flush(); err != nil {
		t.Fatal(err)
	}
	disk := slowTable{ix.guard.FS, make(chan struct{}, 1), make(chan struct{})}
	ix.guard.FS, ix.guard.closeTime = disk, 10*time.Millisecond
	return ix, disk
}

// A compaction that is at work when a store is given up says so, and removes no file of the store that is opened
// in its place.
func TestGivenUpCompaction(t *testing.T) {
	ix, disk := twoTables(t)
	compacted := make(chan error, 1)
	go func() { compacted <- ix.compact(keyRange{first: []byte{0}, end: []byte{0xFF}}) }()
	<-disk.begun
	if err := ix.Close(); !errors.Is(err, errGivenUp) {
		t.Errorf("close: got %v, want %v", err, errGivenUp)
	}
	if err := relaytest.Receive(t, compacted); !errors.Is(err, ErrClosed) {
		t.Errorf("compaction: got %v, want %v", err, ErrClosed)
	}
	close(disk.released)
	if err := ix.Open(); err != nil {
		t.Fatal(err)
	}
	if got, err := ix.Route([]byte("a"), 9, 1); got != "bank" || err != nil {
		t.Errorf("got %q, %v, want bank", got, err)
	}
	if err := ix.Close(); err != nil {
		t.Error(err)
	}
}

// A store that was given up changes nothing in its directory any more: another one may use it.
func TestGivenUpWritesNothing(t *testing.T) {
	dir := t.TempDir()
	g := newGuard(vfs.Default, nil, func(error) {})
	name, other := filepath.Join(dir, "000001.sst"), filepath.Join(dir, "000002.sst")
	f, err := g.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	close(g.givenUp)
	for what, do := range map[string]func() error{
		"create": func() error { _, err := g.Create(other); return err },
		"rename": func() error { return g.Rename(name, other) },
		"remove": func() error { return g.Remove(name) },
		"write":  func() error { _, err := f.Write([]byte("row")); return err },
	} {
		failed := make(chan error, 1)
		go func() {
			defer close(failed) // what would wait, since another write has failed just now, is ended
			failed <- do()
		}()
		if err, told := <-failed; told && !errors.Is(err, errGivenUp) {
			t.Errorf("%s: got %v, want %v", what, err, errGivenUp)
		}
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	info, err := os.Stat(name)
	if err != nil || info.Size() != 0 {
		t.Errorf("got %v, %v, want the file empty", info, err)
	}
	if _, err := os.Stat(other); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want no other file", err)
	}
}
