package relay

import (
	"fmt"

	"readback/relay/message"
)

// cycle is the numbers that a conversation is given round and round.
type cycle struct {
	first, last uint16
	since       uint64 // the epoch that began with it
}

func (c cycle) is(first, last uint16) bool { return c.since > 0 && c.first == first && c.last == last }

// goOn returns the ordinal, from next on, with which a conversation goes on in a cycle that
// is not the one of its last messages. Messages may be outstanding under numbers of both.
// Therefore it goes on behind the newest number that is in this cycle, as far behind as there
// were ordinals since: each number comes again after all others of the cycle, as if
// it had been this one all the time. Without such a number it begins with the first.
func (l *Ledger) goOn(c *message.Conversation, next uint64) (uint64, error) {
	var newest *found
	err := l.index.eachEntry(c, maxDay, func(f found) bool {
		n := uint64(f.place.Number)
		if n >= uint64(l.first) && n < uint64(l.first)+l.numbers && (newest == nil || f.entry.ordinal > newest.entry.ordinal) {
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
func goOnBehind(newest *found, next uint64, first uint16, numbers uint64) uint64 {
	var want uint64 // the number, counted from first
	if newest != nil {
		want = uint64(newest.place.Number-first) + next - newest.entry.ordinal
	}
	return next + (want%numbers+numbers-next%numbers)%numbers
}
