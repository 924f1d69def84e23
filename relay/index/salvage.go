package index

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/cockroachdb/pebble"
)

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
