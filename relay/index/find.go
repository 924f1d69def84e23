package index

import (
	"bytes"
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"time"

	"readback/internal/crash"
	"readback/relay/journal"
	"readback/relay/message"
)

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

// Entry returns the entry at a place; nil when it is gone, or of another message.
func (ix *Index) Entry(p *journal.Place) (*Found, error) {
	f, err := ix.entryAt(p)
	if err != nil || f == nil || f.Place.Ordinal != p.Ordinal {
		return nil, err
	}
	return f, nil
}

// FindNumber returns the newest entry of a number in a conversation that stands accepts; nil when
// there is none.
func (ix *Index) FindNumber(c *message.Conversation, number uint16, stands func(*journal.Place) bool) (*Found, error) {
	defer crash.OnPanic()
	if ix.isClosed() {
		return nil, ErrClosed
	}
	for _, day := range ix.entryDays.all() {
		f, err := ix.entryAt(&journal.Place{Conv: *c, Day: day, Number: number})
		if err != nil || f != nil && stands(&f.Place) {
			return f, err
		}
	}
	return nil, nil
}

// FindReceiver returns all entries of a number in the conversations of a receiver, newest day first.
func (ix *Index) FindReceiver(receiver *message.Addr, number uint16) (all []Found, err error) {
	defer crash.OnPanic()
	if ix.isClosed() {
		return nil, ErrClosed
	}
	for _, day := range ix.entryDays.all() {
		rows, err := ix.numbersOf(receiver, day, number)
		if err != nil {
			return nil, err
		}
		for _, key := range slices.Sorted(maps.Keys(rows)) {
			f, err := ix.foundIn([]byte(key), rows[key])
			if err != nil {
				return nil, err
			}
			all = append(all, f)
		}
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
	if ix.isClosed() {
		return nil, ErrClosed
	}
	since := message.DayOf(fb.SubmittedAt.UnixMilli())
	days := slices.DeleteFunc(slices.Clone(ix.entryDays.all()), func(day uint16) bool { return day <= since })
	for _, day := range append([]uint16{since}, days...) {
		f, err := ix.entryAt(&journal.Place{Conv: c, Day: day, Number: fb.Number})
		if err != nil || f != nil && feedbackID(&f.Place, &f.Entry) == fb.Event {
			return f, err
		}
	}
	return nil, nil
}

// EachEntry calls f with the entries of a conversation, newest day first, until f returns
// false.
func (ix *Index) EachEntry(c *message.Conversation, f func(Found) bool) error {
	defer crash.OnPanic()
	if ix.isClosed() {
		return ErrClosed
	}
	for _, day := range ix.entryDays.all() {
		rows, err := ix.rowsOf(receiverPrefix(nil, day, &c.Receiver), conversationPrefix(nil, day, c))
		if err != nil {
			return err
		}
		for _, key := range slices.Sorted(maps.Keys(rows)) {
			at, err := ix.foundIn([]byte(key), rows[key])
			if err != nil || !f(at) {
				return err
			}
		}
	}
	return nil
}

// entryAt returns the entry of a number of a conversation on the day of p; nil when there is none.
func (ix *Index) entryAt(p *journal.Place) (*Found, error) {
	var buf [64]byte
	key := entryKey(buf[:0], p)
	value, err := ix.getStaged(key)
	if err != nil || value == nil {
		return nil, err
	}
	f, err := ix.foundIn(key, value)
	if err != nil {
		return nil, err
	}
	return &f, nil
}

// numbersOf returns the rows of a number in all conversations of a receiver on a day, by key.
func (ix *Index) numbersOf(receiver *message.Addr, day, number uint16) (map[string][]byte, error) {
	prefix := receiverPrefix(nil, day, receiver)
	end := string(binary.BigEndian.AppendUint16(nil, number))
	all := ix.staged.rows(prefix) // first: a row is staged until it is in the store
	maps.DeleteFunc(all, func(key string, _ []byte) bool { return !strings.HasSuffix(key, end) })
	l, err := ix.lookup()
	if err != nil {
		return nil, err
	}
	for ok := l.within(prefix); ok; {
		at, err := parseEntryKey(l.it.Key())
		if err != nil {
			l.err = firstError(l.err, err)
			break
		}
		at.Number = number
		if key := entryKey(nil, &at); l.at(key) && all[string(key)] == nil {
			all[string(key)] = bytes.Clone(l.it.Value())
		}
		ok = l.seek(upper(conversationPrefix(nil, day, &at.Conv))) && bytes.HasPrefix(l.it.Key(), prefix)
	}
	return all, l.close()
}

// foundIn returns the entry in a row, with slices of its own. An error says that the row cannot be read.
func (ix *Index) foundIn(key, value []byte) (Found, error) {
	p, err := parseEntryKey(key)
	if err == nil {
		var e Entry
		if e, err = parseEntry(value); err == nil {
			p.Ordinal = e.Ordinal
			return Found{Place: p, Entry: e}, nil
		}
	}
	ix.noticed(err)
	return Found{}, err
}
