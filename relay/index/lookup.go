package index

import (
	"bytes"
	"encoding/binary"
	"math"
	"time"

	"github.com/cockroachdb/pebble"

	"readback/internal/crash"
	"readback/relay/journal"
	"readback/relay/message"
)

// maxDays is how many days back a lookup goes at most.
const maxDays = 400

// lookup reads the index; it is one view of it, to be closed. Its first error sticks: a row that cannot
// be read does not count as missing.
type lookup struct {
	ix  *Index
	it  *pebble.Iterator
	err error
}

func (ix *Index) lookup() (*lookup, error) { return ix.lookupIn(nil) }

// entryBounds keep a search for older days from what stands before the entries. Without them it would
// step over the position in the log as often as a batch has changed it.
var entryBounds = pebble.IterOptions{LowerBound: []byte{prefixEntry}, UpperBound: []byte{prefixEntry + 1}}

// lookupEntries is lookup for entries alone.
func (ix *Index) lookupEntries() (*lookup, error) { return ix.lookupIn(&entryBounds) }

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

// upper is the first key after all that begin with prefix.
func upper(prefix []byte) []byte {
	up := bytes.Clone(prefix)
	for i := len(up) - 1; i >= 0; i-- {
		if up[i]++; up[i] != 0 {
			return up[:i+1]
		}
	}
	return nil
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

// Found is an entry and where it stands.
type Found struct {
	Place journal.Place
	Entry Entry // its slices are its own
}

// MaxLasting is for how long after its submission a message can be read at most, unless all can be read for
// longer. Those that are filed under a later day than that of their submission can for up to two days more.
const MaxLasting = 31 * 24 * time.Hour

// LastsUntil returns the time until which the message can be read, if messages can be for so long. One that
// is filed under a later day than that of its submission lasts as long as one of the end of that day.
func (f *Found) LastsUntil(keep time.Duration) time.Time {
	if f.IsLasting() {
		return message.Time((int64(f.Place.Day) + 1) * (24 * time.Hour).Milliseconds()).Add(keep)
	}
	return message.Time(f.Entry.At).Add(keep)
}

// IsLasting reports whether the message is filed under a later day than that of its submission.
func (f *Found) IsLasting() bool { return f.Place.Day > message.DayOf(f.Entry.At) }

// read returns the entry that the iterator stands at. An error sticks.
func (l *lookup) read() (f Found, ok bool) {
	p, err := parseEntryKey(l.it.Key())
	if err != nil {
		l.err = firstError(l.err, err)
		return Found{}, false
	}
	e, err := parseEntry(bytes.Clone(l.it.Value()))
	if err != nil {
		l.err = firstError(l.err, err)
		return Found{}, false
	}
	p.Ordinal = e.Ordinal
	return Found{Place: p, Entry: e}, true
}

// Entry returns the entry at a place; nil when it is gone, or of another message.
func (ix *Index) Entry(p *journal.Place) (*Found, error) {
	l, err := ix.lookup()
	if err != nil {
		return nil, err
	}
	if !l.at(entryKey(nil, p)) {
		return nil, l.close()
	}
	f, ok := l.read()
	if err := l.close(); err != nil || !ok || f.Place.Ordinal != p.Ordinal {
		return nil, err
	}
	return &f, nil
}

// FindNumber returns the newest entry of a number in a conversation that stands accepts; nil when
// there is none.
func (ix *Index) FindNumber(c *message.Conversation, number uint16, stands func(*journal.Place) bool) (*Found, error) {
	defer crash.OnPanic()
	l, err := ix.lookupEntries()
	if err != nil {
		return nil, err
	}
	var found *Found
	l.eachDay(func(day uint16) bool {
		if !l.at(entryKey(nil, &journal.Place{Conv: *c, Day: day, Number: number})) {
			return true
		}
		if f, ok := l.read(); ok && stands(&f.Place) {
			found = &f
		}
		return found == nil
	})
	if err := l.close(); err != nil {
		return nil, err
	}
	return found, nil
}

// FindReceiver returns all entries of a number in the conversations of a receiver, newest day first.
func (ix *Index) FindReceiver(receiver *message.Addr, number uint16) ([]Found, error) {
	defer crash.OnPanic()
	l, err := ix.lookupEntries()
	if err != nil {
		return nil, err
	}
	var all []Found
	l.eachDay(func(day uint16) bool {
		prefix := receiverPrefix(nil, day, receiver)
		for ok := l.within(prefix); ok; {
			at, err := parseEntryKey(l.it.Key())
			if err != nil {
				l.err = firstError(l.err, err)
				return false
			}
			at.Number = number
			if l.at(entryKey(nil, &at)) {
				if f, ok := l.read(); ok {
					all = append(all, f)
				}
			}
			ok = l.seek(upper(conversationPrefix(nil, day, &at.Conv))) && bytes.HasPrefix(l.it.Key(), prefix)
		}
		return true
	})
	if err := l.close(); err != nil {
		return nil, err
	}
	return all, nil
}

// FindFeedback returns the entry of the message that a feedback is about; nil when it is gone.
// It stands under the day of the part that was numbered first, seldom the one after the first
// submission's, or under a later one if the message can be read for longer.
func (ix *Index) FindFeedback(fb *message.Feedback) (*Found, error) {
	var c message.Conversation
	var err error
	if c.Sender, err = message.NormalAddr(fb.Sender); err != nil {
		return nil, err
	}
	if c.Receiver, err = message.NormalAddr(fb.Receiver); err != nil {
		return nil, err
	}
	l, err := ix.lookupEntries()
	if err != nil {
		return nil, err
	}
	var found *Found
	look := func(day uint16) bool {
		if l.at(entryKey(nil, &journal.Place{Conv: c, Day: day, Number: fb.Number})) {
			if f, ok := l.read(); ok && feedbackID(&f.Place, &f.Entry) == fb.Event {
				found = &f
			}
		}
		return found == nil
	}
	if day := message.DayOf(fb.SubmittedAt.UnixMilli()); look(day) {
		l.eachDay(func(d uint16) bool { return d > day && look(d) })
	}
	return found, l.close()
}

// EachEntry calls f with the entries of a conversation, newest day first, until f returns
// false.
func (ix *Index) EachEntry(c *message.Conversation, f func(Found) bool) error {
	defer crash.OnPanic()
	l, err := ix.lookupEntries()
	if err != nil {
		return err
	}
	l.eachDay(func(day uint16) bool {
		prefix := conversationPrefix(nil, day, c)
		for ok := l.within(prefix); ok; ok = l.nextWithin(prefix) {
			if at, ok := l.read(); !ok || !f(at) {
				return false
			}
		}
		return true
	})
	return l.close()
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
