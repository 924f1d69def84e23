package index

import (
	"errors"

	"github.com/cockroachdb/pebble"

	"readback/internal/crash"
)

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
