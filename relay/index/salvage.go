package index

import (
	"bytes"
	"encoding/binary"
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

// advance makes the index follow the log as far as the old store did, if that was further, and writes it
// to the disk.
func (s *salvager) advance() error {
	if s.known.Serial > s.pos.Serial {
		s.known.Seq, s.known.Messages = s.pos.Seq, max(s.pos.Messages, s.known.Messages)
		if s.knownStaged.Serial > s.Applier.staged.Serial {
			s.Applier.staged = s.knownStaged
		}
		s.pos = s.known
		if err := s.completeStaged(); err != nil {
			return err
		}
	}
	return firstError(s.Index.set(keyApplied, appendPosition(nil, &s.pos)), s.Index.Flush())
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

// salvager copies rows from a damaged store.
type salvager struct {
	*Applier
	old         *pebble.DB
	staged      []*stage // rows that are not in old, the newer ones first
	rows, taken int
	damaged     error
	known       Position // of the damaged store
	knownStaged Position // up to which old has the rows that are staged

	wanted func(key, value, have []byte) bool // reports whether a row is taken over
}

// run reads the rows from the first on, and from the last on when one cannot be read.
func (s *salvager) run() error {
	s.known, s.knownStaged = positionOf(s.old)
	if len(s.staged) > 0 {
		s.knownStaged = s.known
	}
	it, err := s.old.NewIter(nil)
	if err != nil {
		s.damaged = err
		return nil
	}
	var last []byte
	for ok := it.First(); ok; ok = it.Next() {
		if err := s.row(it.Key(), it.Value()); err != nil {
			return errors.Join(err, it.Close())
		}
		last = append(last[:0], it.Key()...)
	}
	if s.damaged = it.Error(); s.damaged != nil {
		for ok := it.Last(); ok && bytes.Compare(it.Key(), last) > 0; ok = it.Prev() {
			if err := s.row(it.Key(), it.Value()); err != nil {
				return errors.Join(err, it.Close())
			}
		}
	}
	if err := it.Close(); err != nil {
		s.damaged = firstError(s.damaged, err)
	}
	return nil
}

// readStages takes over the rows that are not in the old store itself.
func (s *salvager) readStages() error {
	for _, of := range s.staged {
		for key, value := range of.All() {
			if err := s.row(key, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// positionOf returns how far a damaged store followed the log, and up to where it has the rows that are staged;
// zero if that cannot be read.
func positionOf(db *pebble.DB) (at, staged Position) {
	meta, err := copyOf(db.Get(keyMeta))
	if err != nil || len(meta) != metaLen {
		return at, staged
	}
	value, err := copyOf(db.Get(keyApplied))
	if err != nil || value == nil {
		return at, staged
	}
	if meta[0] == version4 {
		at, err = parseApplied4(value)
	} else {
		at, err = parsePosition(value)
	}
	if err != nil {
		return Position{}, staged
	}
	if meta[0] < Version {
		return at, at
	}
	staged, _ = stagedIn(db) // if it cannot be read, it has none
	return at, staged
}

// row takes a row over if the index has none, or knows less.
func (s *salvager) row(key, value []byte) error {
	s.rows++
	have, err := s.Index.get(key)
	if err != nil || !s.wanted(key, value, have) {
		return err
	}
	s.taken++
	if len(key) > 2 {
		s.Index.noteDay(key[0], binary.BigEndian.Uint16(key[1:]))
	}
	return s.Index.set(bytes.Clone(key), bytes.Clone(value))
}

func isPosition(key []byte) bool { return key[0] == prefixMeta || key[0] == prefixApplied }

// isNewer reports whether a row is of a later time than the one that the index has. What it does not have
// was taken out by the log.
func (s *salvager) isNewer(key, value, have []byte) bool {
	switch {
	case have == nil:
		return false
	case key[0] == prefixHead, key[0] == prefixPerson && key[1] == personHead:
		return isHigherHead(value, have)
	case key[0] == prefixEntry:
		return isNewerEntry(value, have)
	}
	return false
}

// isMissing reports whether the index does not have a row, or an older one.
func (s *salvager) isMissing(key, value, have []byte) bool {
	switch {
	case isPosition(key):
		return false
	case key[0] == FeedbackOutbox, key[0] == EventOutbox:
		// What the log knows of it has been done.
		return have == nil && len(key) == outboxKeyLen && binary.BigEndian.Uint64(key[1:]) > s.pos.Serial
	}
	return have == nil || s.isNewer(key, value, have)
}

// isHigherHead reports whether a knows of more numbers than b.
func isHigherHead(a, b []byte) bool {
	_, nextA, errA := parseHeadValue(a)
	_, nextB, errB := parseHeadValue(b)
	return errA == nil && (errB != nil || nextA > nextB)
}

// isNewerEntry reports whether a is of a later message than b, or knows more of the same one.
func isNewerEntry(a, b []byte) bool {
	ea, errA := parseEntry(a)
	eb, errB := parseEntry(b)
	switch {
	case errA != nil || errB != nil:
		return errA == nil
	case ea.Ordinal != eb.Ordinal:
		return ea.Ordinal > eb.Ordinal
	}
	return ea.State.Rank() > eb.State.Rank()
}
