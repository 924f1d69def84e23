package index

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/cockroachdb/pebble"
	"github.com/cockroachdb/pebble/bloom"
	"github.com/cockroachdb/pebble/vfs"
	"golang.org/x/time/rate"
)

// New returns the index in dir. It is closed until Open has succeeded.
func New(dir string, log *slog.Logger) *Index { return NewIn(vfs.Default, dir, log) }

// NewIn is New in another file system than that of the machine. Tests have one in memory.
func NewIn(fs vfs.FS, dir string, log *slog.Logger) *Index {
	const cache = 8 << 20
	heads := newHeadFilter()
	return &Index{
		fs: fs, dir: dir, log: log, recent: &recent{fs: fs, path: dir + ".recent", log: log},
		ids: newIDFilter(), heads: heads, purge: newPurge(), staged: newStaged(heads), held: held{most: heldTables}, complain: rate.Sometimes{Interval: time.Minute}, CacheSize: cache,
	}
}

// Open returns the index in dir, and opens it.
func Open(dir string, log *slog.Logger) (*Index, error) {
	ix := New(dir, log)
	if err := ix.Open(); err != nil {
		return nil, err
	}
	return ix, nil
}

// Open opens the store, unless it is open. One that is damaged is set aside, and an empty one opened:
// Replay builds it from the log and from what can be read of the damaged one. After an error Open can
// be called again.
func (ix *Index) Open() error {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if ix.db != nil {
		return nil
	}
	if _, err := ix.failure.get(); errors.Is(err, ErrDamaged) {
		if err := ix.setAside(); err != nil {
			return fmt.Errorf("set the damaged index aside: %w", err)
		}
	}
	ix.failure.reset()
	err := ix.open()
	if err != nil && isDamageAtOpen(err) {
		ix.damaged(err)
		if err = ix.setAside(); err == nil {
			ix.failure.reset()
			err = ix.open()
		}
	}
	if err != nil {
		return fmt.Errorf("open index: %w", err)
	}
	return nil
}

// open opens the store. The caller holds mu.
func (ix *Index) open() error {
	guard, cache := newGuard(ix.fs, ix.log, ix.failed), pebble.NewCache(ix.CacheSize)
	defer cache.Unref()
	if err := checkManifest(ix.fs, ix.dir); err != nil {
		return err
	}
	db, err := guard.openDB(ix.dir, ix.options(guard, cache))
	if err != nil {
		return err
	}
	ix.db, ix.guard = db, guard
	if ix.home, err = ix.fs.Stat(ix.dir); err == nil {
		err = errors.Join(ix.syncParent(), ix.readPersons(), ix.readDays(), ix.readUnpurged(), ix.readStaged(), ix.removeOldManifests()) // a power cut must not take the directory away
	}
	if err != nil {
		ix.db = nil
		return errors.Join(err, guard.within(db.Close))
	}
	return nil
}

func (ix *Index) options(guard *guard, cache *pebble.Cache) *pebble.Options {
	opt := &pebble.Options{
		Cache:        cache,
		FS:           guard,
		DisableWAL:   true,
		MemTableSize: 8 << 20,
		// A stage of rows is a table in memory of its own, several times as large, until it is flushed.
		MemTableStopWritesThreshold: 16,
		// Stages are few and large. With so many tables to be merged at once each row is merged less often.
		L0CompactionThreshold:    32,
		L0StopWritesThreshold:    2 * heldTables, // as many come while those are merged
		LBaseMaxBytes:            256 << 20,
		MaxConcurrentCompactions: ix.compactions,
		Logger:                   guard,
		EventListener:            &pebble.EventListener{BackgroundError: ix.backgroundError},
	}
	opt.Levels = make([]pebble.LevelOptions, 7)
	for i := range opt.Levels {
		opt.Levels[i] = pebble.LevelOptions{FilterPolicy: bloom.FilterPolicy(10), FilterType: pebble.TableFilter}
	}
	return opt
}

// aside is where a damaged store waits until what can be read of it has been taken over.
func (ix *Index) aside() string { return ix.dir + ".damaged" }

// setAside moves the store out of the way. If one waits already, the index was being built again, and
// what was built so far is removed. The caller holds mu.
func (ix *Index) setAside() error {
	if _, err := ix.fs.Stat(ix.aside()); err == nil {
		return ix.fs.RemoveAll(ix.dir)
	}
	if err := ix.fs.Rename(ix.dir, ix.aside()); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil // the store is gone
		}
		return err
	}
	return ix.syncParent()
}

func (ix *Index) syncParent() error {
	parent, err := ix.fs.OpenDir(filepath.Dir(ix.dir))
	if err != nil {
		return err
	}
	return errors.Join(parent.Sync(), parent.Close())
}

// Restart opens the index again if it cannot go on: one that is damaged is set aside, and one whose
// directory was removed or replaced is kept, as far as it can be read, until Replay has taken it over.
func (ix *Index) Restart() error {
	switch err := ix.Err(); {
	case err == nil:
		return nil
	case errors.Is(err, ErrMoved):
		ix.leave()
	case !errors.Is(err, ErrClosed):
		if err := ix.Close(); err != nil {
			ix.log.Warn("index could not be closed", "error", err)
		}
	}
	return ix.Open()
}

// Err returns why the store cannot go on until Restart; nil if it can. The error is ErrDamaged if it has
// to be built again.
func (ix *Index) Err() error {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	switch {
	case ix.db == nil:
		return ErrClosed
	case ix.hasMoved():
		return ErrMoved
	}
	_, err := ix.failure.get()
	return err
}

// hasMoved reports whether the directory is another one than when the store was opened. A file system in
// memory does not tell. The caller holds mu.
func (ix *Index) hasMoved() bool {
	now, err := ix.fs.Stat(ix.dir)
	return errors.Is(err, fs.ErrNotExist) || err == nil && os.SameFile(ix.home, ix.home) && !os.SameFile(ix.home, now)
}

// moved is a store whose directory is not where it was.
type moved struct {
	db     *pebble.DB
	guard  *guard
	staged []*stage // its rows that are not in db, the newer ones first
}

// leave keeps the store for Replay, which takes it over. It is not flushed: its files would come among
// those of the store that is in its place.
func (ix *Index) leave() {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	ix.recent.stop(false)
	ix.failure.reset() // files that are not there are no damage of the store in its place
	if ix.moved == nil {
		ix.moved = &moved{ix.db, ix.guard, ix.staged.takeAll()}
	}
	ix.db = nil
}

// Discard closes the store without writing what is in memory, as a crash would.
func (ix *Index) Discard() error {
	ix.recent.stop(false)
	return ix.close((*pebble.DB).Close)
}

// Close flushes and closes the store; then all methods return ErrClosed. If the file system takes
// nothing, Close gives up after some seconds. What is lost is read from the log again. A store that has
// moved is not flushed.
func (ix *Index) Close() error {
	if errors.Is(ix.Err(), ErrMoved) {
		return ix.Discard()
	}
	err := ix.close(func(db *pebble.DB) error { return errors.Join(ix.staged.writeTo(db), db.Flush(), db.Close()) })
	ix.recent.stop(err == nil)
	return err
}

// close takes the store away and closes it.
func (ix *Index) close(how func(*pebble.DB) error) error {
	ix.mu.Lock()
	db, guard, left := ix.db, ix.guard, ix.moved
	ix.db, ix.moved = nil, nil
	ix.mu.Unlock()
	if db != nil {
		close(guard.closing)
	}
	if left != nil {
		close(left.guard.closing)
	}
	ix.purge.wait()
	if left != nil {
		_ = left.guard.within(left.db.Close) // there is no place to write to
	}
	if db == nil {
		return nil
	}
	return guard.within(func() error { return how(db) })
}
