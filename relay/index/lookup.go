package index

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/cockroachdb/pebble"
)

// lookup reads the index; it is one view of it, to be closed. Its first error sticks: a row that cannot
// be read does not count as missing.
type lookup struct {
	ix  *Index
	it  *pebble.Iterator
	err error
}

func (ix *Index) lookup() (*lookup, error) { return ix.lookupIn(nil) }

func (ix *Index) lookupIn(bounds *pebble.IterOptions) (*lookup, error) {
	ix.mu.RLock()
	if ix.db == nil {
		ix.mu.RUnlock()
		return nil, ErrClosed
	}
	it, err := ix.db.NewIter(bounds)
	if err != nil {
		ix.mu.RUnlock()
		return nil, err
	}
	return &lookup{ix: ix, it: it}, nil
}

// close ends the view, and returns its first error.
func (l *lookup) close() error {
	defer l.ix.mu.RUnlock()
	err := firstError(l.err, l.it.Close())
	l.ix.noticed(err)
	return err
}

// seek moves to the first row from key on, and reports whether there is one.
func (l *lookup) seek(key []byte) bool { return l.moved(l.it.SeekGE(key)) }

// next moves to the next row, and reports whether there is one.
func (l *lookup) next() bool { return l.moved(l.it.Next()) }

func (l *lookup) moved(ok bool) bool {
	if !ok {
		l.err = firstError(l.err, l.it.Error())
	}
	return ok && l.err == nil
}

// at moves to the row of key, and reports whether there is one.
func (l *lookup) at(key []byte) bool { return l.seek(key) && bytes.Equal(l.it.Key(), key) }

// within moves to the first row with a prefix, and reports whether there is one.
func (l *lookup) within(prefix []byte) bool {
	return l.seek(prefix) && bytes.HasPrefix(l.it.Key(), prefix)
}

// nextWithin moves to the next row, and reports whether it has the prefix.
func (l *lookup) nextWithin(prefix []byte) bool {
	return l.next() && bytes.HasPrefix(l.it.Key(), prefix)
}

// newestDay returns the newest day with rows of a kind that is not after day; false when there is
// none. Days without rows cost nothing.
func (l *lookup) newestDay(kind byte, day uint16) (uint16, bool) {
	return l.dayAt(kind, l.moved(l.it.SeekLT(upper(dayPrefix(nil, kind, day)))))
}

// oldestDay returns the oldest day with rows of a kind; false when there is none.
func (l *lookup) oldestDay(kind byte) (uint16, bool) {
	return l.dayAt(kind, l.moved(l.it.SeekGE([]byte{kind})))
}

// dayAt returns the day of the row at hand, if there is one and it is of the kind.
func (l *lookup) dayAt(kind byte, isRow bool) (uint16, bool) {
	if !isRow || len(l.it.Key()) < 3 || l.it.Key()[0] != kind {
		return 0, false
	}
	return binary.BigEndian.Uint16(l.it.Key()[1:]), true
}

// eachDay calls f with the days that have entries, newest first, until f returns false. It does not
// look at the clock, which may have been ahead when an entry was made.
func (l *lookup) eachDay(f func(day uint16) bool) {
	day := uint16(math.MaxUint16)
	for range maxDays {
		d, ok := l.newestDay(prefixEntry, day)
		if !ok || !f(d) || l.err != nil || d == 0 {
			break
		}
		day = d - 1
	}
}
