package index

import (
	"readback/relay/journal"
	"readback/relay/message"
)

// An earlier release has rows for the parts of split messages alone, by receiver and key. They are read
// until they have expired.

// Part returns the part of a message to receiver that a key was last given to, on day today or so many
// days before, or on any later day: the clock may have been ahead.
func (ix *Index) Part(key []byte, receiver *message.Addr, today, days uint16) (part journal.SplitPart, ok bool, err error) {
	for day := range ix.daysBack(prefixPart, today, days) {
		value, err := ix.get(partKey(nil, day, receiver, key))
		if err != nil || value != nil {
			if err == nil {
				part, err = parsePart(day, value)
			}
			return part, err == nil, err
		}
	}
	return journal.SplitPart{}, false, nil
}

// partKey is 'p' · day(2 octets) · receiver · key of the part: days expire as ranges, and
// a receiver's parts of a day are erased without a look at all the others.
func partKey(dst []byte, day uint16, receiver *message.Addr, key []byte) []byte {
	return append(partsOf(dst, day, receiver), key...)
}

func partsOf(dst []byte, day uint16, receiver *message.Addr) []byte {
	return journal.AppendString(dayPrefix(dst, prefixPart, day), receiver.Bytes())
}

func appendPart(dst []byte, p *journal.SplitPart) []byte {
	return journal.AppendString(append(dst, p.Seq), p.First)
}

func parsePart(day uint16, value []byte) (journal.SplitPart, error) {
	d := journal.Decoder{B: value}
	p := journal.SplitPart{Seq: d.Byte("part seq"), Day: day, First: string(d.String("first key", journal.MaxMessageID))}
	return p, d.Err
}

// HasParts reports whether any message was split that is not yet forgotten, and whether that was by an
// earlier release.
func (ix *Index) HasParts() (has, earlier bool, err error) {
	l, err := ix.lookup()
	if err != nil {
		return false, false, err
	}
	earlier = l.within([]byte{prefixPart})
	has = earlier || l.within([]byte{prefixSplit})
	return has, earlier, l.close()
}
