package index

import (
	"errors"
	"log/slog"
	"os"
	"strings"

	"github.com/cockroachdb/pebble"
)

// oldStore is a store whose rows an empty index takes over: one that was damaged and set aside, or whose
// directory was removed while it was open.
type oldStore struct {
	salvager
	open   func() (*pebble.DB, error)
	close  func(*pebble.DB) error // not while the log is read: Pebble looks at a damaged table again and again
	remove func() error           // removes what is left of it; it is closed
}

// read takes rows over.
func (s *oldStore) read() error {
	db, err := s.open()
	if err != nil {
		s.damaged = err
		return nil
	}
	s.old = db
	return firstError(s.readStages(), s.run(), s.close(db)) // of a row that is in both the newer one counts
}

// oldStores returns the stores that wait to be taken over.
func (a *Applier) oldStores(log *slog.Logger) (all []*oldStore, err error) {
	ix := a.Index
	ix.mu.Lock()
	left := ix.moved
	ix.mu.Unlock()
	if left != nil {
		opened := func() (*pebble.DB, error) { return left.db, nil }
		all = append(all, &oldStore{salvager{Applier: a, staged: left.staged}, opened, func(*pebble.DB) error { return nil }, func() error {
			ix.mu.Lock()
			ix.moved = nil
			ix.mu.Unlock()
			close(left.guard.closing)
			ix.purge.wait()
			_ = left.guard.within(left.db.Close) // there is no place to write to
			return nil
		}})
	}
	if _, err := ix.fs.Stat(ix.aside()); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return all, nil
		}
		return nil, err
	}
	ix.removeOptions()
	opened := func() (*pebble.DB, error) { return ix.openOld(ix.aside(), log) }
	return append(all, &oldStore{salvager{Applier: a}, opened, (*pebble.DB).Close, func() error {
		return errors.Join(ix.fs.RemoveAll(ix.aside()), ix.syncParent())
	}}), nil
}

// takeOver takes all rows of old stores into the index, which it empties first. The log is then replayed
// over them from its beginning: it may have what they do not know, and they what it has lost.
func (a *Applier) takeOver(all []*oldStore, created int64, log *slog.Logger) error {
	if len(all) == 0 {
		return nil
	}
	a.rebuilt, a.pos, a.staged = true, Position{}, Position{}
	if err := firstError(a.Index.empty(), a.Index.set(keyMeta, metaValue(created))); err != nil {
		return err
	}
	for _, s := range all {
		s.wanted = func(key, _, have []byte) bool { return have == nil && !isPosition(key) }
		if err := s.read(); err != nil {
			return err
		}
		if s.damaged != nil {
			log.Warn("a part of the index cannot be read any more; what only that part knew is lost", "rows_read", s.rows, "error", s.damaged.Error())
		}
	}
	return nil
}

// complete takes over again what the replay has replaced by something older, and removes the old stores.
func (a *Applier) complete(all []*oldStore, log *slog.Logger) error {
	if err := a.Index.writeStaged(); err != nil { // they are compared with the rows of the store
		return err
	}
	for _, s := range all {
		s.wanted = s.isNewer
		if err := s.read(); err != nil {
			return err
		}
		// It is on the disk before the only other copy is removed.
		if err := s.advance(); err != nil {
			return err
		}
		if err := s.remove(); err != nil {
			return err
		}
		log.Info("index was built again", "rows_taken", s.taken)
	}
	return nil
}

// merge takes over what old knows and the index does not.
func (a *Applier) merge(old *pebble.DB, log *slog.Logger) error {
	s := salvager{Applier: a, old: old}
	s.wanted = s.isMissing
	if err := s.run(); err != nil {
		return err
	}
	if s.damaged != nil {
		log.Warn("a part of the earlier index cannot be read; what only that part knew is lost", "rows_read", s.rows, "error", s.damaged.Error())
	}
	return s.advance()
}

// removeOptions removes what a damaged store says of its options. It can be read without, and they may
// be what is damaged.
func (ix *Index) removeOptions() {
	names, _ := ix.fs.List(ix.aside()) // if that fails, so does all that follows
	for _, name := range names {
		if strings.HasPrefix(name, "OPTIONS-") {
			_ = ix.fs.Remove(ix.fs.PathJoin(ix.aside(), name))
		}
	}
}
