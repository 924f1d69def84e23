package index

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/cockroachdb/pebble"

	"readback/internal/crash"
	"readback/relay/journal"
	"readback/relay/message"
)

// maxDays is how many days back a lookup goes at most.
const maxDays = 400

// MaxDay is after all days.
const MaxDay = math.MaxUint16

// lookup reads the index; it is one view of it, to be closed.
type lookup struct {
	ix *Index
	it *pebble.Iterator
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

func (l *lookup) close() error {
	defer l.ix.mu.RUnlock()
	return l.it.Close()
}

// newestDay returns the newest day with entries that is not after day; false when
// there is none. Days without messages cost nothing.
func (l *lookup) newestDay(day uint16) (uint16, bool) {
	if !l.it.SeekLT(upper(dayPrefix(nil, prefixEntry, day))) {
		return 0, false
	}
	key := l.it.Key()
	if len(key) < 3 || key[0] != prefixEntry {
		return 0, false
	}
	return binary.BigEndian.Uint16(key[1:]), true
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

// eachDay calls f with the days that have entries, newest first, from day on, until f
// returns false.
func (l *lookup) eachDay(day uint16, f func(day uint16) bool) error {
	for range maxDays {
		d, ok := l.newestDay(day)
		if !ok || !f(d) || d == 0 {
			break
		}
		day = d - 1
	}
	return l.it.Error()
}

// Found is an entry and where it stands.
type Found struct {
	Place journal.Place
	Entry Entry // its slices are its own
}

// read returns the entry that the iterator stands at.
func (l *lookup) read() (Found, error) {
	p, err := parseEntryKey(l.it.Key())
	if err != nil {
		return Found{}, err
	}
	e, err := parseEntry(bytes.Clone(l.it.Value()))
	p.Ordinal = e.Ordinal
	return Found{Place: p, Entry: e}, err
}

// FindNumber returns the newest entry of a number in a conversation; nil when there
// is none.
func (ix *Index) FindNumber(c *message.Conversation, number, today uint16) (*Found, error) {
	defer crash.OnPanic()
	l, err := ix.lookupEntries()
	if err != nil {
		return nil, err
	}
	var f *Found
	var failed error
	err = l.eachDay(today, func(day uint16) bool {
		key := entryKey(nil, &journal.Place{Conv: *c, Day: day, Number: number})
		if !l.it.SeekGE(key) || !bytes.Equal(l.it.Key(), key) {
			return true
		}
		var at Found
		at, failed = l.read()
		f = &at
		return false
	})
	return f, firstError(failed, err, l.close())
}

// FindReceiver returns the newest entry of a number in each conversation of a receiver.
func (ix *Index) FindReceiver(receiver *message.Addr, number, today uint16) ([]Found, error) {
	defer crash.OnPanic()
	l, err := ix.lookupEntries()
	if err != nil {
		return nil, err
	}
	var all []Found
	var failed error
	seen := make(map[message.Addr]bool)
	err = l.eachDay(today, func(day uint16) bool {
		prefix := receiverPrefix(nil, day, receiver)
		for ok := l.it.SeekGE(prefix); ok && bytes.HasPrefix(l.it.Key(), prefix); {
			at, err := parseEntryKey(l.it.Key())
			if err != nil {
				failed = err
				return false
			}
			at.Number = number
			key := entryKey(nil, &at)
			if !seen[at.Conv.Sender] && l.it.SeekGE(key) && bytes.Equal(l.it.Key(), key) {
				f, err := l.read()
				if err != nil {
					failed = err
					return false
				}
				seen[at.Conv.Sender] = true
				all = append(all, f)
			}
			ok = l.it.SeekGE(upper(conversationPrefix(nil, day, &at.Conv)))
		}
		return true
	})
	return all, firstError(failed, err, l.close())
}

// FindFeedback returns the entry of the message that a feedback is about; nil when it is gone.
// It stands under the day of the part that was numbered first, seldom the one after the first
// submission's.
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
	day := message.DayOf(fb.SubmittedAt.UnixMilli())
	var f Found
	for _, d := range []uint16{day, day + 1} {
		key := entryKey(nil, &journal.Place{Conv: c, Day: d, Number: fb.Number})
		if !l.it.SeekGE(key) || !bytes.Equal(l.it.Key(), key) {
			continue
		}
		if f, err = l.read(); err == nil && feedbackID(&f.Place, &f.Entry) == fb.Event {
			return &f, l.close()
		}
	}
	return nil, firstError(err, l.it.Error(), l.close())
}

// EachEntry calls f with the entries of a conversation, newest day first, until f returns
// false.
func (ix *Index) EachEntry(c *message.Conversation, today uint16, f func(Found) bool) error {
	defer crash.OnPanic()
	l, err := ix.lookupEntries()
	if err != nil {
		return err
	}
	var failed error
	err = l.eachDay(today, func(day uint16) bool {
		prefix := conversationPrefix(nil, day, c)
		for ok := l.it.SeekGE(prefix); ok && bytes.HasPrefix(l.it.Key(), prefix); ok = l.it.Next() {
			var at Found
			if at, failed = l.read(); failed != nil || !f(at) {
				return false
			}
		}
		return true
	})
	return firstError(failed, err, l.close())
}

// Row is a feedback that is not yet in its queue, or an event not yet in its stream.
type Row struct {
	Seq, Index uint64 // where its record stands in the log
	Body       []byte // JSON
}

// Outbox returns the first rows after seq and index.
func (ix *Index) Outbox(prefix byte, seq, index uint64, limit int) ([]Row, error) {
	l, err := ix.lookup()
	if err != nil {
		return nil, err
	}
	var rows []Row
	ok := l.it.SeekGE(outboxKey(nil, prefix, seq, index+1))
	for ; ok && len(rows) < limit; ok = l.it.Next() {
		key := l.it.Key()
		if len(key) != 13 || key[0] != prefix {
			break
		}
		rows = append(rows, Row{
			Seq:   binary.BigEndian.Uint64(key[1:]),
			Index: uint64(binary.BigEndian.Uint32(key[9:])),
			Body:  bytes.Clone(l.it.Value()),
		})
	}
	return rows, firstError(l.it.Error(), l.close())
}

// OutboxRows counts the rows of the outbox.
func (ix *Index) OutboxRows() (int, error) {
	l, err := ix.lookup()
	if err != nil {
		return 0, err
	}
	n := 0
	for ok := l.it.SeekGE([]byte{FeedbackOutbox}); ok && l.it.Key()[0] == FeedbackOutbox; ok = l.it.Next() {
		n++
	}
	return n, firstError(l.it.Error(), l.close())
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
