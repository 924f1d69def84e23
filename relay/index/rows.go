package index

import (
	"bytes"
	"errors"
	"maps"
	"strings"

	"github.com/cockroachdb/pebble"
)

// A row is staged, or in the store, or in both. Who looks for one asks what is staged first: a row is staged until
// it is in the store.

// get returns a copy of a value; nil when there is none.
func (ix *Index) get(key []byte) ([]byte, error) {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if ix.db == nil {
		return nil, ErrClosed
	}
	value, err := copyOf(ix.db.Get(key))
	ix.noticed(err)
	return value, err
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

// getStaged returns a copy of a value, staged or in the store; nil if there is none.
func (ix *Index) getStaged(key []byte) ([]byte, error) {
	value := ix.staged.get(key)
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

// getStaged is Index.getStaged for the batch at hand.
func (a *Applier) getStaged(key []byte) ([]byte, error) {
	if a.direct {
		return copyOf(a.b.Get(key)) // nothing is staged
	}
	value := a.Index.staged.get(key)
	switch {
	case value == nil:
		return copyOf(a.Index.db.Get(key))
	case len(value) == 0:
		return nil, nil
	}
	return value, nil
}

// stage stages a row, unless the batch at hand goes into the store as a whole. See rowmap.Map.Put.
func (a *Applier) stage(key []byte, group int, value []byte) error {
	if a.direct {
		a.Index.noteKey(key)
		return a.b.Set(key, value, nil)
	}
	a.Index.staged.put(key, group, value)
	return nil
}

func (ix *Index) set(key, value []byte) error {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if ix.db == nil {
		return ErrClosed
	}
	ix.noteKey(key)
	ix.persons.note(key)
	return ix.db.Set(key, value, pebble.NoSync)
}
