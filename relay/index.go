package relay

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"

	"github.com/cockroachdb/pebble"
	"github.com/cockroachdb/pebble/bloom"

	"readback/relay/journal"
	"readback/relay/message"
)

// The keys of the index begin with one of these. indexVersion changes with any of
// the keys or values: an index of another version is built again from the log.
const (
	prefixEntry   = 'e'
	prefixHead    = 'h'
	prefixOutbox  = 'o'
	prefixMeta    = 'm'
	prefixApplied = 'a'
	prefixRoute   = 'r'
	prefixCut     = 'c'
	prefixPart    = 'p'
	prefixPerson  = 'u' // of subscribers: see optout.go, erase.go
	prefixEvent   = 'v'

	indexVersion = 4
)

var (
	keyMeta    = []byte{prefixMeta}
	keyApplied = []byte{prefixApplied}

	errIndexClosed = errors.New("index is closed")
)

// index is what the log says, ready to look up: a Pebble store without a log of its
// own. What it loses in a crash is read again from the log, since it notes in each
// batch how far that batch brings it.
type index struct {
	dir string
	log *slog.Logger

	// mu is held for reading by each use of db, for writing while db is replaced.
	mu sync.RWMutex
	db *pebble.DB // nil when closed
}

// applied is how far the index follows the log.
type applied struct {
	seq     uint64 // of the last message
	epoch   uint64 // of its batch
	stopped bool   // it was a clean stop
	cycle   cycle  // of its epoch; zero when the log has forgotten its beginning
}

// openIndex opens the store in dir. One that is damaged is removed: the log has it
// all.
func openIndex(dir string, log *slog.Logger) (*index, error) {
	ix := &index{dir: dir, log: log}
	if err := ix.open(); err != nil {
		log.Warn("index is damaged and is built again", "error", err)
		if err := os.RemoveAll(dir); err != nil {
			return nil, fmt.Errorf("open index: %w", err)
		}
		if err := ix.open(); err != nil {
			return nil, fmt.Errorf("open index: %w", err)
		}
	}
	return ix, nil
}

func (ix *index) open() error {
	cache := pebble.NewCache(64 << 20)
	defer cache.Unref()
	opt := &pebble.Options{
		Cache:                    cache,
		DisableWAL:               true,
		MemTableSize:             8 << 20,
		L0CompactionThreshold:    8,
		LBaseMaxBytes:            256 << 20,
		MaxConcurrentCompactions: func() int { return 1 },
		Logger:                   indexLogger{ix.log},
	}
	opt.Levels = make([]pebble.LevelOptions, 7)
	for i := range opt.Levels {
		opt.Levels[i] = pebble.LevelOptions{FilterPolicy: bloom.FilterPolicy(10), FilterType: pebble.TableFilter}
	}
	db, err := pebble.Open(ix.dir, opt)
	if err != nil {
		return err
	}
	ix.db = db
	return nil
}

// indexLogger passes on what Pebble cannot go on from.
type indexLogger struct{ log *slog.Logger }

func (indexLogger) Infof(string, ...any) {}

func (l indexLogger) Fatalf(format string, args ...any) {
	l.log.Error("index cannot go on", "error", fmt.Sprintf(format, args...))
	os.Exit(1)
}

// matches tells whether the index is of this version and of the stream that was
// created at that time.
func (ix *index) matches(created int64) (bool, error) {
	value, err := ix.get(keyMeta)
	if err != nil {
		return false, err
	}
	return string(value) == string(metaValue(created)), nil
}

func metaValue(created int64) []byte {
	return binary.BigEndian.AppendUint64([]byte{indexVersion}, uint64(created))
}

// rebuild empties the index and ties it to a stream.
func (ix *index) rebuild(created int64) error {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if ix.db == nil {
		return errIndexClosed
	}
	err := ix.db.Close()
	ix.db = nil
	if err != nil {
		return fmt.Errorf("rebuild index: %w", err)
	}
	if err := os.RemoveAll(ix.dir); err != nil {
		return fmt.Errorf("rebuild index: %w", err)
	}
	if err := ix.open(); err != nil {
		return fmt.Errorf("rebuild index: %w", err)
	}
	return ix.db.Set(keyMeta, metaValue(created), pebble.NoSync)
}

// get returns a copy of a value; nil when there is none.
func (ix *index) get(key []byte) ([]byte, error) {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if ix.db == nil {
		return nil, errIndexClosed
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

// applied says how far the index follows the log.
func (ix *index) applied() (applied, error) {
	value, err := ix.get(keyApplied)
	if err != nil || value == nil {
		return applied{}, err
	}
	return parseApplied(value)
}

func parseApplied(value []byte) (applied, error) {
	d := journal.Decoder{B: value}
	a := applied{seq: d.Uint64("sequence"), epoch: d.Uint64("epoch"), stopped: d.Byte("stopped") == 1}
	a.cycle = cycle{first: d.Uint16("first"), last: d.Uint16("last"), since: d.Uint64("since")}
	return a, d.Err
}

func appendApplied(dst []byte, a applied) []byte {
	dst = binary.BigEndian.AppendUint64(dst, a.seq)
	dst = binary.BigEndian.AppendUint64(dst, a.epoch)
	stopped := byte(0)
	if a.stopped {
		stopped = 1
	}
	dst = binary.AppendUvarint(append(dst, stopped), uint64(a.cycle.first))
	dst = binary.AppendUvarint(dst, uint64(a.cycle.last))
	return binary.BigEndian.AppendUint64(dst, a.cycle.since)
}

// head returns the epoch in which the head of a conversation was noted and its next
// ordinal then; epoch 0 when there is none.
func (ix *index) head(c *message.Conversation) (epoch, next uint64, err error) {
	var buf [64]byte
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if ix.db == nil {
		return 0, 0, errIndexClosed
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

// expire forgets the days before day.
func (ix *index) expire(day uint16) error {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if ix.db == nil {
		return errIndexClosed
	}
	for _, prefix := range []byte{prefixEntry, prefixRoute, prefixCut, prefixPart} {
		if err := ix.db.DeleteRange(dayPrefix(nil, prefix, 0), dayPrefix(nil, prefix, day), pebble.NoSync); err != nil {
			return err
		}
	}
	return nil
}

// flush writes what is in memory to the disk.
func (ix *index) flush() error {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if ix.db == nil {
		return errIndexClosed
	}
	return ix.db.Flush()
}

// eachRow calls f with the keys and values of all rows, until it returns false.
func (ix *index) eachRow(f func(key, value []byte) bool) error {
	l, err := ix.lookup()
	if err != nil {
		return err
	}
	for ok := l.it.First(); ok && f(l.it.Key(), l.it.Value()); ok = l.it.Next() {
	}
	return firstError(l.it.Error(), l.close())
}

// discard closes the store without writing what is in memory, as a crash would.
func (ix *index) discard() error {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if ix.db == nil {
		return nil
	}
	err := ix.db.Close()
	ix.db = nil
	return err
}

// close flushes and closes the store; once closed it answers errIndexClosed.
func (ix *index) close() error {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if ix.db == nil {
		return nil
	}
	err := errors.Join(ix.db.Flush(), ix.db.Close())
	ix.db = nil
	return err
}
