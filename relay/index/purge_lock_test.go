package index

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/cockroachdb/pebble"
	"github.com/cockroachdb/pebble/vfs"
)

// A purge that begins while an erasure is being applied, which has noted its keys and not deleted them yet, has
// them purged when they are deleted.
func TestPurgeBesideErasure(t *testing.T) {
	l := newLogbook(t)
	l.talk(20780, 0)
	if err := l.ix.Flush(); err != nil {
		t.Fatal(err)
	}
	rows := rowsOf(t, l.ix, erased)
	l.ix.mu.RLock() // as Apply
	l.ix.purge.noteAll()
	purged := make(chan error, 1)
	go func() { purged <- l.ix.Purge(t.Context()) }()
	for deadline := time.Now().Add(10 * time.Second); l.ix.mu.TryRLock(); runtime.Gosched() { // until the purge waits
		l.ix.mu.RUnlock()
		if l.ix.purge.isEmpty() || time.Now().After(deadline) {
			t.Error("got that the purge does not wait for what is applied")
			break
		}
	}
	for key := range rows {
		if err := l.ix.db.Delete([]byte(key), pebble.NoSync); err != nil {
			t.Error(err)
		}
	}
	l.ix.mu.RUnlock()
	if err := <-purged; err != nil {
		t.Fatal(err)
	}
	if names := l.filesWith(erased); len(names) > 0 || len(rows) == 0 {
		t.Errorf("%d rows: got %q with the number", len(rows), names)
	}
}

// slowCopy links no file to another directory until it is released.
type slowCopy struct {
	vfs.FS
	begun, released chan struct{}
}

func (s slowCopy) Link(from, to string) error {
	select {
	case s.begun <- struct{}{}:
	default:
	}
	<-s.released
	return s.FS.Link(from, to)
}

// While a backup copies the index, which takes long on another disk, a purge keeps nobody from using the index.
func TestPurgeBesideCopy(t *testing.T) {
	l := newLogbook(t)
	l.talk(20780, 0)
	if err := l.ix.Flush(); err != nil {
		t.Fatal(err)
	}
	disk := slowCopy{l.ix.guard.FS, make(chan struct{}, 1), make(chan struct{})}
	l.ix.guard.FS = disk
	copied := make(chan error, 1)
	go func() { copied <- l.ix.Checkpoint(filepath.Join(t.TempDir(), "copy")) }()
	<-disk.begun
	l.ix.purge.noteAll()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := l.ix.Purge(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want that it did not end in time", err)
	}
	if l.ix.mu.TryRLock() {
		l.ix.mu.RUnlock()
	} else {
		t.Error("nobody can use the index")
	}
	close(disk.released)
	if err := errors.Join(<-copied, l.ix.Purge(t.Context())); err != nil {
		t.Error(err)
	}
}
