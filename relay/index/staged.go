package index

import (
	"errors"
	"sync"
	"sync/atomic"

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
