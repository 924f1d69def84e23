package index

import (
	"encoding/binary"

	"readback/relay/journal"
	"readback/relay/message"
)

// Cycle is the numbers that a conversation is given round and round.
type Cycle struct {
	First, Last uint16
	Since       uint64 // the epoch that began with it
}

// Is reports whether the cycle is that of these numbers; the zero Cycle is none.
func (c Cycle) Is(first, last uint16) bool { return c.Since > 0 && c.First == first && c.Last == last }

func appendCycle(dst []byte, c Cycle) []byte {
	dst = binary.AppendUvarint(dst, uint64(c.First))
	dst = binary.AppendUvarint(dst, uint64(c.Last))
	return binary.AppendUvarint(dst, c.Since)
}

func parseCycle(d *journal.Decoder) Cycle {
	return Cycle{First: d.Uint16("first"), Last: d.Uint16("last"), Since: d.Ordinal("since")}
}

// CycleChange says that a conversation was in a cycle before it went on in another one.
type CycleChange struct {
	Before      uint64 // ordinals below were or may have been assigned in the cycle before
	From        uint64 // the first ordinal in the other one; those in between are not assigned
	First, Last uint16 // the cycle before
}

// maxChanges is how many changes of a conversation are kept.
const maxChanges = 4

// CycleChanges returns the changes of cycle of a conversation, the oldest first. It has none unless the
// operator has changed the range of the numbers.
func (ix *Index) CycleChanges(c *message.Conversation) ([]CycleChange, error) {
	if !ix.persons[personCycle].Load() { // as a rule: the key takes a hash
		return nil, ix.closedError()
	}
	value, err := ix.get(cycleKey(nil, c))
	if err != nil || value == nil {
		return nil, err
	}
	return parseCycleChanges(value)
}

// cycleKey stands for a conversation without its names, so that an erasure can leave the row.
func cycleKey(dst []byte, c *message.Conversation) []byte {
	return hashedKey(append(dst, prefixPerson, personCycle), c)
}

func appendCycleChanges(dst []byte, all []CycleChange) []byte {
	for _, c := range all {
		dst = binary.AppendUvarint(dst, c.Before)
		dst = binary.AppendUvarint(dst, c.From)
		dst = binary.AppendUvarint(dst, uint64(c.First))
		dst = binary.AppendUvarint(dst, uint64(c.Last))
	}
	return dst
}

func parseCycleChanges(value []byte) (all []CycleChange, err error) {
	d := journal.Decoder{B: value}
	for d.Err == nil && d.Off < len(value) {
		all = append(all, CycleChange{d.Ordinal("before"), d.Ordinal("from"), d.Uint16("first"), d.Uint16("last")})
	}
	return all, d.Err
}

// applyCycle notes that a conversation goes on in another cycle.
func applyCycle(a *Applier, rec *journal.Record) error {
	a.key = cycleKey(a.key[:0], &rec.Place.Conv)
	value, err := copyOf(a.b.Get(a.key))
	if err != nil {
		return err
	}
	all, err := parseCycleChanges(value)
	if err != nil {
		return err
	}
	if n := len(all); n > 0 && all[n-1].From == rec.Bound {
		return nil // the conversation was evicted before it was assigned a number
	}
	all = append(all, CycleChange{rec.Place.Ordinal, rec.Bound, rec.First, rec.Last})
	a.val = appendCycleChanges(a.val[:0], all[max(0, len(all)-maxChanges):])
	a.Index.persons.note(a.key)
	return a.b.Set(a.key, a.val, nil)
}
