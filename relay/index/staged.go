package index

import (
	"bytes"
	"errors"
	"maps"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble"

	"readback/internal/crash"
	"readback/relay/index/rowmap"
)

// Heads, entries, and owners of message_ids come in no order, and Pebble would sort them in one by one. So they
// are staged: they stay in memory, where lookups find them, until there are many. Then they are written in the
// order of their keys, the last value of each. The row keyStaged says up to which batch that was done. After a
// crash Replay stages again what the batches behind that one have. All other rows are written with their batch.
// See docs/adr/0029-staged-rows.md.

// keyStaged is the key of the position up to which all staged rows are in the store.
var keyStaged = []byte{prefixApplied, 's'}

const (
	stagedRows = 256 << 10 // of a stage that is written
	stagedSize = 80        // octets of a row, on the average
)

// A stage is rows that are written to the store together. An empty value says that there is no such row any more.
type stage struct {
	*rowmap.Map
	upTo Position // of the last batch that has no row which is neither here nor in the store
}

func newStage() *stage { return &stage{Map: rowmap.New()} }

// staged is the rows that are applied and not in the store yet.
type staged struct {
	// batch is held as long as a part of a batch may be staged and the batch is not in the store. It is taken
	// with Index.mu and writing held, and before mu.
	batch sync.Mutex
	busy  atomic.Bool // a goroutine writes them
	limit int         // how many rows are written; fewer in a test
	heads *keyFilter  // gets the heads that are written

	// Guarded by mu.
	mu      sync.Mutex
	writing *sync.Mutex // held by the one that writes them to the store that is open
	open    *stage      // takes rows
	full    *stage      // is being written; nil: none
	spare   *stage      // is empty, and has room; nil: none
	written Position    // what keyStaged says
	spoiled bool        // a part of a batch is staged that could not be applied
}

func newStaged(heads *keyFilter) *staged {
	return &staged{writing: new(sync.Mutex), open: newStage(), limit: stagedRows, heads: heads}
}

// put stages a row. See rowmap.Map.Put.
func (s *staged) put(key []byte, group int, value []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open.Put(key, group, value)
}

// get returns a copy of the value of a key; nil if no such row is staged, and empty if there is none any more.
func (s *staged) get(key []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	value := s.open.Get(key)
	if value == nil && s.full != nil {
		value = s.full.Get(key)
	}
	if value == nil {
		return nil
	}
	return append(make([]byte, 0, len(value)), value...)
}

// rows returns copies of the rows of a group, by key.
func (s *staged) rows(group []byte) map[string][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[string][]byte)
	for _, of := range []*stage{s.full, s.open} {
		if of != nil {
			for key, value := range of.Group(group) {
				all[string(key)] = append(make([]byte, 0, len(value)), value...)
			}
		}
	}
	return all
}

// keys calls f with the keys of all rows that have a prefix.
func (s *staged) keys(prefix byte, f func(key []byte)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, of := range []*stage{s.full, s.open} {
		if of == nil {
			continue
		}
		for key := range of.All() {
			if key[0] == prefix {
				f(key)
			}
		}
	}
}

// applied notes that the rows of all batches up to a position are staged or in the store.
func (s *staged) applied(at Position) (rows int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open.upTo = at
	return max(s.open.Len(), s.open.Size()/stagedSize)
}

// reset forgets all rows, for a store in which keyStaged says what is written. One that writes to the store before
// may never come to an end, so it has nothing to do with these rows any more.
func (s *staged) reset(written Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writing = new(sync.Mutex)
	s.open, s.full, s.written, s.spoiled = newStage(), nil, written, false
	s.open.upTo = written
}

// isWritten notes that the stage that was being written is in the store, unless another one has been opened since.
func (s *staged) isWritten(done *stage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full != done {
		return
	}
	s.full, s.written = nil, done.upTo
	if s.spare = nil; done.Len() > s.limit/2 { // so many may come again
		done.Clear()
		s.spare = done
	}
}

// hasAll notes that all rows up to a position are in the store, and keyStaged says so.
func (s *staged) hasAll(at Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open.upTo, s.written = at, at
}

// takeAll takes all rows away, the newer ones first.
func (s *staged) takeAll() []*stage {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []*stage{s.open}
	if s.full != nil {
		all = append(all, s.full)
	}
	s.open, s.full = newStage(), nil
	return all
}

// spoil notes that a part of a batch is staged that could not be applied. Nothing is written until a reset.
func (s *staged) spoil() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spoiled = true
}

var errSpoiled = errors.New("a batch of the log could not be applied as a whole")

// take returns the stage that is to be written next; nil if there is none. writing is held.
func (s *staged) take(writing *sync.Mutex) (*stage, error) {
	s.batch.Lock()
	defer s.batch.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.writing != writing:
		return nil, ErrClosed
	case s.spoiled:
		return nil, errSpoiled
	}
	if s.full == nil && (s.open.Len() > 0 || s.open.upTo != s.written) {
		s.full, s.open, s.spare = s.open, s.spare, nil
		if s.open == nil {
			s.open = newStage()
		}
		s.open.upTo = s.full.upTo
	}
	return s.full, nil
}

// writeTo writes all that is staged to db. The caller holds Index.mu, or has db alone.
func (s *staged) writeTo(db *pebble.DB) error {
	s.mu.Lock()
	writing := s.writing
	s.mu.Unlock()
	writing.Lock()
	defer writing.Unlock()
	s.mu.Lock()
	stages := 1
	if s.full != nil {
		stages = 2 // writing it has failed before
	}
	s.mu.Unlock()
	for range stages {
		of, err := s.take(writing)
		if err != nil || of == nil {
			return err
		}
		for key := range of.All() {
			if key[0] == prefixHead {
				s.heads.add(key)
			}
		}
		if err := of.writeTo(db); err != nil {
			return err
		}
		s.isWritten(of)
	}
	return nil
}

// writeTo writes all rows, in the order of their keys, and how far they go. Pebble makes a table of them.
func (s *stage) writeTo(db *pebble.DB) (err error) {
	const header = 12 // octets of a batch of Pebble, and of a row: its kind and two lengths
	b := db.NewBatchWithSize(s.Size() + header*(s.Len()+10))
	defer func() { err = errors.Join(err, b.Close()) }()
	for key, value := range s.Sorted() {
		if len(value) == 0 {
			err = b.Delete(key, nil)
		} else {
			err = b.Set(key, value, nil)
		}
		if err != nil {
			return err
		}
	}
	return firstError(b.Set(keyStaged, appendPosition(nil, &s.upTo), nil), b.Commit(pebble.NoSync))
}

// getStaged returns a copy of a value, staged or in the store; nil if there is none.
func (ix *Index) getStaged(key []byte) ([]byte, error) {
	value := ix.staged.get(key) // first: a row is staged until it is in the store
	switch {
	case value == nil:
		return ix.get(key)
	case len(value) == 0:
		return nil, nil
	}
	return value, nil
}

// rowsOf returns the rows of a group whose keys begin with a prefix, staged or in the store, by key.
func (ix *Index) rowsOf(group, prefix []byte) (map[string][]byte, error) {
	all := ix.staged.rows(group)
	l, err := ix.lookup()
	if err != nil {
		return nil, err
	}
	for ok := l.within(prefix); ok; ok = l.nextWithin(prefix) {
		if _, newer := all[string(l.it.Key())]; !newer {
			all[string(l.it.Key())] = bytes.Clone(l.it.Value())
		}
	}
	maps.DeleteFunc(all, func(key string, value []byte) bool { return len(value) == 0 || !strings.HasPrefix(key, string(prefix)) })
	return all, l.close()
}

// writeStaged writes all that is staged to the store.
func (ix *Index) writeStaged() error {
	ix.long.RLock()
	defer ix.long.RUnlock()
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if ix.db == nil {
		return ErrClosed
	}
	err := ix.staged.writeTo(ix.db)
	ix.noticed(err)
	ix.held.look(ix.db)
	return err
}

// writeMany has staged rows written when there are many. The applier calls it, and holds mu.
func (ix *Index) writeMany(rows int) error {
	switch {
	case rows >= 2*ix.staged.limit: // nobody else has come to it
		ix.held.look(ix.db)
		return ix.staged.writeTo(ix.db)
	case rows >= ix.staged.limit && ix.staged.busy.CompareAndSwap(false, true):
		go func() { // it holds mu, which Close waits for
			defer crash.OnPanic()
			defer ix.staged.busy.Store(false)
			_ = ix.writeStaged() // it has noticed the error
		}()
	}
	return nil
}

// readStaged begins with nothing staged. The caller holds mu.
func (ix *Index) readStaged() error {
	at, err := stagedIn(ix.db)
	if err == nil {
		ix.staged.reset(at)
	}
	return err
}

// stagedIn returns up to which batch the staged rows are in a store; zero if none are.
func stagedIn(db *pebble.DB) (at Position, err error) {
	value, err := copyOf(db.Get(keyStaged))
	if err != nil || value == nil {
		return at, err
	}
	return parsePosition(value)
}
