package index

import (
	"fmt"
	"log/slog"

	"github.com/cockroachdb/pebble/vfs"
)

// New returns the index in dir. It is closed until Open has succeeded.
func New(dir string, log *slog.Logger) *Index { return NewIn(vfs.Default, dir, log) }

// NewIn is New in another file system than that of the machine. Tests have one in memory.
func NewIn(fs vfs.FS, dir string, log *slog.Logger) *Index {
	const cache = 8 << 20
	return &Index{fs: fs, dir: dir, log: log, CacheSize: cache}
}

// Open returns the index in dir, and opens it.
func Open(dir string, log *slog.Logger) (*Index, error) {
	ix := New(dir, log)
	if err := ix.Open(); err != nil {
		return nil, err
	}
	return ix, nil
}

// Open opens the store, unless it is open. One that is damaged is removed: the log has it all. One that
// the file system does not let it open stays. After an error Open can be called again.
func (ix *Index) Open() error {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if ix.db != nil {
		return nil
	}
	err := ix.open()
	switch {
	case err == nil:
		return nil
	case !isDamage(err):
		return fmt.Errorf("open index: %w", err)
	}
	ix.log.Warn("index is damaged and is built again", "error", err)
	if err := ix.fs.RemoveAll(ix.dir); err != nil {
		return fmt.Errorf("open index: %w", err)
	}
	if err := ix.open(); err != nil {
		return fmt.Errorf("open index: %w", err)
	}
	return nil
}

// Err returns why nothing can be written any more until the store is closed and opened again; nil if it
// can.
func (ix *Index) Err() error {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if ix.db == nil {
		return ErrClosed
	}
	return ix.guard.err()
}

// Close flushes and closes the store; then all methods return ErrClosed. If the file system takes
// nothing, Close gives up after some seconds. What is lost is read from the log again.
func (ix *Index) Close() error {
	ix.mu.Lock()
	db, guard := ix.db, ix.guard
	ix.db = nil
	ix.mu.Unlock()
	if db == nil {
		return nil
	}
	return guard.closeDB(db)
}
