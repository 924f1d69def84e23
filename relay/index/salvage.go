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

// salvage takes over what can be read of a damaged store that was set aside, or of one whose directory
// was removed, and what the log does not know or knows less of.
func (a *Applier) salvage(log *slog.Logger) error {
	if err := a.salvageMoved(log); err != nil {
		return err
	}
	ix := a.Index
	if _, err := ix.fs.Stat(ix.aside()); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	}
	ix.removeOptions()
	old, err := ix.openOld(ix.aside(), log)
	if err != nil {
		log.Warn("nothing can be read of the damaged index; what only it knew is lost", "error", err.Error())
		return ix.fs.RemoveAll(ix.aside())
	}
	err = errors.Join(a.takeOver(old, log), old.Close())
	if err != nil {
		return err
	}
	return errors.Join(ix.fs.RemoveAll(ix.aside()), ix.syncParent())
}

// salvageMoved takes over the store whose directory was removed, and closes it.
func (a *Applier) salvageMoved(log *slog.Logger) error {
	a.Index.mu.Lock()
	left := a.Index.moved
	a.Index.mu.Unlock()
	if left == nil {
		return nil
	}
	if err := a.takeOver(left.db, log); err != nil {
		return err
	}
	a.Index.mu.Lock()
	a.Index.moved = nil
	a.Index.mu.Unlock()
	_ = left.guard.within(left.db.Close) // there is no place to write to
	return nil
}

// takeOver copies what old knows. It is on the disk when takeOver returns.
func (a *Applier) takeOver(old *pebble.DB, log *slog.Logger) error {
	s := salvager{Applier: a, old: old}
	if err := s.run(); err != nil {
		return err
	}
	a.rebuilt = true
	if s.damaged != nil {
		log.Warn("a part of the index cannot be read any more; what only that part knew is lost", "rows_read", s.rows, "error", s.damaged.Error())
	}
	if err := firstError(a.Index.set(keyApplied, appendPosition(nil, &a.pos)), a.Index.Flush()); err != nil {
		return err
	}
	log.Info("index was built again", "rows_taken", s.taken)
	return nil
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
	rows, taken int
	damaged     error
	known       Position // of the damaged store
}

// run reads the rows from the first on, and from the last on when one cannot be read.
func (s *salvager) run() error {
	s.known = positionOf(s.old)
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
	if s.known.Serial > s.pos.Serial {
		seq := s.pos.Seq
		s.pos = s.known
		s.pos.Seq = seq
	}
	return nil
}

// positionOf returns how far a damaged store followed the log; zero if that cannot be read.
func positionOf(db *pebble.DB) (at Position) {
	meta, err := copyOf(db.Get(keyMeta))
	if err != nil || len(meta) != metaLen {
		return at
	}
	value, err := copyOf(db.Get(keyApplied))
	if err != nil || value == nil {
		return at
	}
	if meta[0] == upgradable {
		at, err = parseApplied4(value)
	} else {
		at, err = parsePosition(value)
	}
	if err != nil {
		return Position{}
	}
	return at
}

// row takes a row over if the index has none, or knows less.
func (s *salvager) row(key, value []byte) error {
	s.rows++
	have, err := s.Index.get(key)
	if err != nil || !s.isWanted(key, value, have) {
		return err
	}
	s.taken++
	return s.Index.set(bytes.Clone(key), bytes.Clone(value))
}

func (s *salvager) isWanted(key, value, have []byte) bool {
	switch key[0] {
	case prefixMeta, prefixApplied:
		return false
	case FeedbackOutbox, EventOutbox:
		return have == nil && len(key) == outboxKeyLen && s.waits(key)
	case prefixHead:
		return have == nil || isHigherHead(value, have)
	case prefixPerson:
		return have == nil || key[1] == personHead && isHigherHead(value, have)
	case prefixEntry:
		return have == nil || isNewerEntry(value, have)
	}
	return have == nil
}

// waits reports whether a row of an outbox still has to be published. The log has done so with what it
// knows.
func (s *salvager) waits(key []byte) bool {
	serial, index := binary.BigEndian.Uint64(key[1:]), uint64(binary.BigEndian.Uint32(key[9:]))
	return serial > s.pos.Serial || s.unseen.waits(key[0], serial, index)
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
