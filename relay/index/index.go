package index

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/cockroachdb/pebble"
	"github.com/cockroachdb/pebble/vfs"
	"golang.org/x/time/rate"
)

var (
	keyMeta    = []byte{prefixMeta}
	keyApplied = []byte{prefixApplied}

	// ErrClosed is the error of an index that is closed, or not open yet.
	ErrClosed = errors.New("index is closed")

	// ErrMoved is the error of an index whose directory was removed or replaced. It can still be read.
	ErrMoved = errors.New("index was removed or replaced while it was in use")
)

// Index is what the log says, ready to look up: a Pebble store without a log of its own. What it loses
// in a crash is read again from the log, since it notes in each batch how far that batch brings it.
// It also knows what the log has lost: it is completed from the log, and never given up for a log
// that knows less.
type Index struct {
	// Static after construction.
	fs     vfs.FS // that dir is in
	dir    string
	log    *slog.Logger
	recent *recent
	ids    *keyFilter
	heads  *keyFilter
	purge  *purge
	staged *staged
	held   held

	progress progress

	days      rowDays
	entryDays entryDays
	accounts  accounts // that own ids
	persons   persons
	failure   failure
	complain  rate.Sometimes // about the disk

	// CacheSize is how many octets of blocks are kept in memory. It may be set before Open.
	CacheSize int64

	// long is held for reading by what holds mu for as long as the disk takes. See lockAlone.
	long sync.RWMutex

	// mu is held for reading by each use of db, for writing while db is replaced.
	mu    sync.RWMutex
	db    *pebble.DB  // nil while closed
	guard *guard      // of db
	home  os.FileInfo // dir, when db was opened
	moved *moved      // a store whose directory was removed, to be taken over; nil: none
}

// LockStore takes the lock of a store, in the file LOCK of its directory. The error says that
// another process has it. Close gives the lock back, and so does the end of the process.
func LockStore(dir string) (io.Closer, error) {
	return vfs.Default.Lock(filepath.Join(dir, "LOCK"))
}

// Expire forgets the days before day. It keeps the skips for as long as any message of their time can be read.
func (ix *Index) Expire(day uint16) error {
	err := ix.expire(day)
	if err == nil {
		ix.entryDays.expire(day)
		ix.ids.expired(day) // without mu: whoever fills the filter has that first, and then mu
	}
	return err
}

func (ix *Index) expire(day uint16) error {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if ix.db == nil {
		return ErrClosed
	}
	if err := ix.staged.writeTo(ix.db); err != nil {
		return err
	}
	for _, prefix := range []byte{prefixEntry, prefixRoute, prefixSplit, prefixPart, prefixOwner, prefixOwnerTo} {
		if err := ix.db.DeleteRange(dayPrefix(nil, prefix, 0), dayPrefix(nil, prefix, day), pebble.NoSync); err != nil {
			return err
		}
	}
	lasting := int64(MaxLasting/(24*time.Hour)) + 2
	return ix.expireSkips((int64(day) - lasting) * 24 * time.Hour.Milliseconds())
}

// Flush writes what is in memory to the disk.
func (ix *Index) Flush() error { return ix.FlushContext(context.Background()) }

// FlushContext is Flush, and returns when ctx ends or the index is closed: on a full disk Pebble tries it for ever.
func (ix *Index) FlushContext(ctx context.Context) error {
	ix.long.RLock()
	defer ix.long.RUnlock()
	ix.mu.RLock()
	db, guard := ix.db, ix.guard
	if db == nil {
		ix.mu.RUnlock()
		return ErrClosed
	}
	forget := ix.recent.rotate()
	err := ix.staged.writeTo(db)
	var flushed <-chan struct{}
	if err == nil {
		flushed, err = db.AsyncFlush()
	}
	ix.mu.RUnlock()
	if err == nil {
		select {
		case <-flushed:
			forget()
		case <-guard.closing:
			err = ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	ix.noticed(err)
	return err
}

// EachRow calls f with the keys and values of all rows, until it returns false.
func (ix *Index) EachRow(f func(key, value []byte) bool) error {
	if err := ix.writeStaged(); err != nil {
		return err
	}
	l, err := ix.lookup()
	if err != nil {
		return err
	}
	for ok := l.moved(l.it.First()); ok && f(l.it.Key(), l.it.Value()); ok = l.next() {
	}
	return l.close()
}

// isClosed reports whether the store is closed.
func (ix *Index) isClosed() bool {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	return ix.db == nil
}

// closedError returns ErrClosed if the store is closed.
func (ix *Index) closedError() error {
	if ix.isClosed() {
		return ErrClosed
	}
	return nil
}

// firstError returns the first error of several that is one; nil if none is.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
