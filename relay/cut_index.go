package relay

import "readback/relay/message"

// part returns the part of a message to receiver that a key was last given to, in so many
// days up to newest.
func (ix *index) part(key []byte, receiver *message.Addr, newest, days uint16) (part CutPart, ok bool, err error) {
	for back := range days {
		value, err := ix.get(partKey(nil, newest-back, receiver, key))
		if err != nil || value != nil {
			if err == nil {
				part, err = parsePart(newest-back, value)
			}
			return part, err == nil, err
		}
	}
	return CutPart{}, false, nil
}

// partKey is 'p' · day(2 octets) · receiver · key of the part: days expire as ranges, and
// a receiver's parts of a day are erased without a look at all the others.
func partKey(dst []byte, day uint16, receiver *message.Addr, key []byte) []byte {
	return append(partsOf(dst, day, receiver), key...)
}

func partsOf(dst []byte, day uint16, receiver *message.Addr) []byte {
	return appendString(dayPrefix(dst, prefixPart, day), receiver.Bytes())
}

func appendPart(dst []byte, p *CutPart) []byte {
	return appendString(append(dst, p.Seq), p.first)
}

func parsePart(day uint16, value []byte) (CutPart, error) {
	d := decoder{b: value}
	p := CutPart{Seq: d.byte("part seq"), day: day, first: string(d.string("first key", maxMessageID))}
	return p, d.err
}

// hasParts tells whether any message was cut that is not yet forgotten.
func (ix *index) hasParts() (bool, error) {
	l, err := ix.lookup()
	if err != nil {
		return false, err
	}
	has := l.it.SeekGE([]byte{prefixPart}) && l.it.Key()[0] == prefixPart
	return has, firstError(l.it.Error(), l.close())
}
