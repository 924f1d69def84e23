package index

import (
	"readback/relay/journal"
	"readback/relay/message"
)

// Part returns the part of a message to receiver that a key was last given to, in so many
// days up to newest.
func (ix *Index) Part(key []byte, receiver *message.Addr, newest, days uint16) (part journal.SplitPart, ok bool, err error) {
	for back := range days {
		value, err := ix.get(partKey(nil, newest-back, receiver, key))
		if err != nil || value != nil {
			if err == nil {
				part, err = parsePart(newest-back, value)
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

// HasParts tells whether any message was split that is not yet forgotten.
func (ix *Index) HasParts() (bool, error) {
	l, err := ix.lookup()
	if err != nil {
		return false, err
	}
	has := l.it.SeekGE([]byte{prefixPart}) && l.it.Key()[0] == prefixPart
	return has, firstError(l.it.Error(), l.close())
}

// Route returns the account that an id was last given to, in so many days up to newest;
// empty when there is none.
func (ix *Index) Route(id []byte, newest, days uint16) (string, error) {
	for back := range days {
		var buf [3 + journal.MaxRouteID]byte
		account, err := ix.get(routeKey(buf[:0], newest-back, id))
		if err != nil || account != nil {
			return string(account), err
		}
	}
	return "", nil
}

// routeKey is 'r' · day(2 octets) · id: days expire as ranges.
func routeKey(dst []byte, day uint16, id []byte) []byte {
	return append(dayPrefix(dst, prefixRoute, day), id...)
}
