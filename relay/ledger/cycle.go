package ledger

import (
	"fmt"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
)

// cycle is the numbers of a conversation: after the last one the first comes again.
type cycle struct {
	first   uint16
	numbers uint64 // how many there are
}

func cycleOf(first, last uint16) cycle { return cycle{first: first, numbers: uint64(last-first) + 1} }

// number is what stands for an ordinal in the message.
func (c cycle) number(ordinal uint64) uint16 { return c.first + uint16(ordinal%c.numbers) }

// goOn returns the ordinal, from next on, with which a conversation goes on in a cycle that
// is not the one of its last messages. Messages may be outstanding under numbers of both.
// Therefore it goes on behind the newest number that is in this cycle, as far behind as there
// were ordinals since: each number comes again after all others of the cycle, as if
// it had been this one all the time. Without such a number it begins with the first.
func (c cycle) goOn(ix *index.Index, conv *message.Conversation, next uint64) (uint64, error) {
	var newest *index.Found
	err := ix.EachEntry(conv, func(f index.Found) bool {
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

// changeCycle returns how a conversation goes on whose head was noted in an epoch with another cycle.
func (l *Partition) changeCycle(c *message.Conversation, epoch uint64, n loaded) (loaded, error) {
	before, err := l.index.CycleOf(epoch)
	if err != nil {
		return loaded{}, fmt.Errorf("%w: %w", ErrDown, err)
	}
	n.change = &index.CycleChange{Before: n.next, First: before.First, Last: before.Last}
	if n.next, err = l.goOn(l.index, c, n.next); err != nil {
		return loaded{}, err
	}
	n.change.From = n.next
	return n, nil
}

// recordChange queues the record that a conversation goes on in this cycle.
func (l *Partition) recordChange(h *head, c *index.CycleChange) {
	b := l.queue.begin(journal.KindCycle)
	if b == nil {
		return // older numbers cannot be told from those of this cycle, and get 404
	}
	b.buf = journal.AppendCycle(b.buf, &h.conv, c.Before, c.From, c.First, c.Last)
	b.changes = true
	l.queue.end(b)
}

// newest returns the newest ordinal below next, and not below from, that has a number.
func (c cycle) newest(number uint16, from, next uint64) (ordinal uint64, ok bool) {
	if number < c.first || uint64(number-c.first) >= c.numbers || next <= from {
		return 0, false
	}
	back := (next - 1 + c.numbers - uint64(number-c.first)) % c.numbers
	if back > next-1-from {
		return 0, false
	}
	return next - 1 - back, true
}

// goOnBehind skips ordinals until the number is the right one.
func (c cycle) goOnBehind(newest *index.Found, next uint64) uint64 {
	var want uint64 // the number, counted from first
	if newest != nil {
		want = uint64(newest.Place.Number-c.first) + next - newest.Entry.Ordinal
	}
	return next + (want%c.numbers+c.numbers-next%c.numbers)%c.numbers
}
