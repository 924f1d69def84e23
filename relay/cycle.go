package relay

import (
	"fmt"

	"readback/relay/index"
	"readback/relay/message"
)

// goOn returns the ordinal, from next on, with which a conversation goes on in a cycle that
// is not the one of its last messages. Messages may be outstanding under numbers of both.
// Therefore it goes on behind the newest number that is in this cycle, as far behind as there
// were ordinals since: each number comes again after all others of the cycle, as if
// it had been this one all the time. Without such a number it begins with the first.
func (l *Ledger) goOn(c *message.Conversation, next uint64) (uint64, error) {
	var newest *index.Found
	err := l.index.EachEntry(c, index.MaxDay, func(f index.Found) bool {
		n := uint64(f.Place.Number)
		if n >= uint64(l.first) && n < uint64(l.first)+l.numbers && (newest == nil || f.Entry.Ordinal > newest.Entry.Ordinal) {
			newest = &f
		}
		return true
	})
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrDown, err)
	}
	return goOnBehind(newest, next, l.first, l.numbers), nil
}

// goOnBehind skips ordinals until the number is the right one.
func goOnBehind(newest *index.Found, next uint64, first uint16, numbers uint64) uint64 {
	var want uint64 // the number, counted from first
	if newest != nil {
		want = uint64(newest.Place.Number-first) + next - newest.Entry.Ordinal
	}
	return next + (want%numbers+numbers-next%numbers)%numbers
}
