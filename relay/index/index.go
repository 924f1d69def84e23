// Package index makes the journal searchable: it applies the batches of the log to a Pebble store,
// and finds the messages, parts, routes, opt-outs and outboxes that they describe. It is the only
// package that uses Pebble.
package index

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"sync"

	"github.com/cockroachdb/pebble"
	"github.com/cockroachdb/pebble/bloom"
	"github.com/cockroachdb/pebble/vfs"

	"readback/relay/journal"
	"readback/relay/message"
)

// The keys of the index begin with one of these. Version changes with any of
// the keys or values: an index of another version is built again from the log.
const (
	prefixEntry    = 'e'
	prefixHead     = 'h'
	FeedbackOutbox = 'o'
	prefixMeta     = 'm'
	prefixApplied  = 'a'
	prefixRoute    = 'r'
	prefixSplit    = 'c'
	prefixPart     = 'p'
	prefixPerson   = 'u' // of subscribers: see optout.go, erase.go
	EventOutbox    = 'v'

	Version = 4
)

var (
	keyMeta    = []byte{prefixMeta}
	keyApplied = []byte{prefixApplied}

	// ErrClosed is the error of an index that is closed, or not open yet.
	ErrClosed = errors.New("index is closed")
)

// Index is what the log says, ready to look up: a Pebble store without a log of its
// own. What it loses in a crash is read again from the log, since it notes in each
// batch how far that batch brings it.
type Index struct {
	fs  vfs.FS // that dir is in
	dir string
	log *slog.Logger

	// CacheSize is how many octets of blocks are kept in memory. It may be set before Open.
	CacheSize int64

	// mu is held for reading by each use of db, for writing while db is replaced.
	mu    sync.RWMutex
	db    *pebble.DB // nil while closed
	guard *guard     // of db
}

// Position is how far the index follows the log.
type Position struct {
	Seq     uint64 // of the last message
	Epoch   uint64 // of its batch
	Stopped bool   // it was a clean stop
	Cycle   Cycle  // of its epoch; zero when the log has forgotten its beginning
}

// LockStore takes the lock of a store, in the file LOCK of its directory. The error says that
// another process has it. Close gives the lock back, and so does the end of the process.
func LockStore(dir string) (io.Closer, error) {
	return vfs.Default.Lock(filepath.Join(dir, "LOCK"))
}

// open opens the store. The caller holds mu.
func (ix *Index) open() error {
	guard, cache := newGuard(ix.fs, ix.log), pebble.NewCache(ix.CacheSize)
	defer cache.Unref()
	opt := &pebble.Options{
		Cache:                    cache,
		DisableWAL:               true,
		MemTableSize:             8 << 20,
		L0CompactionThreshold:    8,
		LBaseMaxBytes:            256 << 20,
		MaxConcurrentCompactions: func() int { return 1 },
		FS:                       guard,
		Logger:                   guard,
	}
	opt.Levels = make([]pebble.LevelOptions, 7)
	for i := range opt.Levels {
		opt.Levels[i] = pebble.LevelOptions{FilterPolicy: bloom.FilterPolicy(10), FilterType: pebble.TableFilter}
	}
	db, err := guard.openDB(ix.dir, opt)
	if err != nil {
		return err
	}
	ix.db, ix.guard = db, guard
	return nil
}

// matches tells whether the index is of this version and of the stream that was
// created at that time.
func (ix *Index) matches(created int64) (bool, error) {
	value, err := ix.get(keyMeta)
	if err != nil {
		return false, err
	}
	return string(value) == string(metaValue(created)), nil
}

func metaValue(created int64) []byte {
	return binary.BigEndian.AppendUint64([]byte{Version}, uint64(created))
}

// rebuild empties the index and ties it to a stream.
func (ix *Index) rebuild(created int64) error {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if ix.db == nil {
		return ErrClosed
	}
	err := ix.db.Close()
	ix.db = nil
	if err != nil {
		return fmt.Errorf("rebuild index: %w", err)
	}
	if err := ix.fs.RemoveAll(ix.dir); err != nil {
		return fmt.Errorf("rebuild index: %w", err)
	}
	if err := ix.open(); err != nil {
		return fmt.Errorf("rebuild index: %w", err)
	}
	return ix.db.Set(keyMeta, metaValue(created), pebble.NoSync)
}

// get returns a copy of a value; nil when there is none.
func (ix *Index) get(key []byte) ([]byte, error) {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if ix.db == nil {
		return nil, ErrClosed
	}
	return copyOf(ix.db.Get(key))
}

// copyOf makes the result of a Get one's own; nil when there is none.
func copyOf(value []byte, closer interface{ Close() error }, err error) ([]byte, error) {
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return append(make([]byte, 0, len(value)), value...), closer.Close()
}

// Position says how far the index follows the log.
func (ix *Index) Position() (Position, error) {
	value, err := ix.get(keyApplied)
	if err != nil || value == nil {
		return Position{}, err
	}
	return parseApplied(value)
}

func parseApplied(value []byte) (Position, error) {
	d := journal.Decoder{B: value}
	a := Position{Seq: d.Uint64("sequence"), Epoch: d.Uint64("epoch"), Stopped: d.Byte("stopped") == 1}
	a.Cycle = Cycle{First: d.Uint16("first"), Last: d.Uint16("last"), Since: d.Uint64("since")}
	return a, d.Err
}

func appendApplied(dst []byte, a Position) []byte {
	dst = binary.BigEndian.AppendUint64(dst, a.Seq)
	dst = binary.BigEndian.AppendUint64(dst, a.Epoch)
	stopped := byte(0)
	if a.Stopped {
		stopped = 1
	}
	dst = binary.AppendUvarint(append(dst, stopped), uint64(a.Cycle.First))
	dst = binary.AppendUvarint(dst, uint64(a.Cycle.Last))
	return binary.BigEndian.AppendUint64(dst, a.Cycle.Since)
}

// Head returns the epoch in which the head of a conversation was noted and its next
// ordinal then; epoch 0 when there is none.
func (ix *Index) Head(c *message.Conversation) (epoch, next uint64, err error) {
	var buf [64]byte
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if ix.db == nil {
		return 0, 0, ErrClosed
	}
	value, closer, err := ix.db.Get(headKey(buf[:0], c))
	if errors.Is(err, pebble.ErrNotFound) {
		value, closer, err = ix.db.Get(hashedHeadKey(buf[:0], c))
	}
	if errors.Is(err, pebble.ErrNotFound) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	epoch, next, err = parseHeadValue(value)
	return epoch, next, errors.Join(err, closer.Close())
}

// Expire forgets the days before day.
func (ix *Index) Expire(day uint16) error {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if ix.db == nil {
		return ErrClosed
	}
	for _, prefix := range []byte{prefixEntry, prefixRoute, prefixSplit, prefixPart} {
		if err := ix.db.DeleteRange(dayPrefix(nil, prefix, 0), dayPrefix(nil, prefix, day), pebble.NoSync); err != nil {
			return err
		}
	}
	return nil
}

// Flush writes what is in memory to the disk.
func (ix *Index) Flush() error {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if ix.db == nil {
		return ErrClosed
	}
	return ix.db.Flush()
}

// EachRow calls f with the keys and values of all rows, until it returns false.
func (ix *Index) EachRow(f func(key, value []byte) bool) error {
	l, err := ix.lookup()
	if err != nil {
		return err
	}
	for ok := l.it.First(); ok && f(l.it.Key(), l.it.Value()); ok = l.it.Next() {
	}
	return firstError(l.it.Error(), l.close())
}

// Discard closes the store without writing what is in memory, as a crash would.
func (ix *Index) Discard() error {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if ix.db == nil {
		return nil
	}
	err := ix.db.Close()
	ix.db = nil
	return err
}
