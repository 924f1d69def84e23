package ledger

import (
	"fmt"

	"readback/relay/index"
	"readback/relay/message"
)

// cycle is the numbers of a conversation: after the last one the first comes again.
type cycle struct {
	first   uint16
	numbers uint64 // how many there are
}

// number is what stands for an ordinal in the message.
func (c cycle) number(ordinal uint64) uint16 { return c.first + uint16(ordinal%c.numbers) }

// goOn returns the ordinal, from next on, with which a conversation goes on in a cycle that
// is not the one of its last messages. Messages may be outstanding under numbers of both.
// Therefore it goes on behind the newest number that is in this cycle, as far behind as there
// were ordinals since: each number comes again after all others of the cycle, as if
// it had been this one all the time. Without such a number it begins with the first.
func (c cycle) goOn(ix *index.Index, conv *message.Conversation, next uint64) (uint64, error) {
	var newest *index.Found
	err := ix.EachEntry(conv, index.MaxDay, func(f index.Found) bool {
		n := uint64(f.Place.Number)
		if n >= uint64(c.first) && n < uint64(c.first)+c.numbers && (newest == nil || f.Entry.Ordinal > newest.Entry.Ordinal) {
			newest = &f
		}
		return true
	})
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrDown, err)
	}
	return c.goOnBehind(newest, next), nil
}

// goOnBehind skips ordinals until the number is the right one.
func (c cycle) goOnBehind(newest *index.Found, next uint64) uint64 {
	var want uint64 // the number, counted from first
	if newest != nil {
		want = uint64(newest.Place.Number-c.first) + next - newest.Entry.Ordinal
	}
	return next + (want%c.numbers+c.numbers-next%c.numbers)%c.numbers
}
