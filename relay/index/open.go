package index

import (
	"fmt"
	"log/slog"

	"github.com/cockroachdb/pebble/vfs"
)

// New returns the index in dir. It is closed until Open has succeeded.
func New(dir string, log *slog.Logger) *Index { return NewIn(vfs.Default, dir, log) }

// NewIn is New in another file system than that of the machine. Tests have one in memory.
func NewIn(fs vfs.FS, dir string, log *slog.Logger) *Index { return &Index{fs: fs, dir: dir, log: log} }

// Open returns the index in dir, and opens it.
func Open(dir string, log *slog.Logger) (*Index, error) {
	ix := New(dir, log)
	if err := ix.Open(); err != nil {
		return nil, err
	}
	return ix, nil
}

// Open opens the store, unless it is open. One that is damaged is removed: the log has it all. After
// an error Open can be called again.
func (ix *Index) Open() error {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if ix.db != nil {
		return nil
	}
	if err := ix.open(); err != nil {
		ix.log.Warn("index is damaged and is built again", "error", err)
		if err := ix.fs.RemoveAll(ix.dir); err != nil {
			return fmt.Errorf("open index: %w", err)
		}
		if err := ix.open(); err != nil {
			return fmt.Errorf("open index: %w", err)
		}
	}
	return nil
}
