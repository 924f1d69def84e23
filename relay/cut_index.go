package relay

// part returns the part that a key was last given to, in so many days up to newest.
func (ix *index) part(key []byte, newest, days uint16) (row partRow, ok bool, err error) {
	for back := range days {
		value, err := ix.get(partKey(nil, newest-back, key))
		if err != nil || value != nil {
			if err == nil {
				row, err = parsePartRow(newest-back, value)
			}
			return row, err == nil, err
		}
	}
	return partRow{}, false, nil
}

// partKey is 'p' · day(2 octets) · key of the part: days expire as ranges.
func partKey(dst []byte, day uint16, key []byte) []byte {
	return append(dayPrefix(dst, prefixPart, day), key...)
}

func appendPartRow(dst []byte, r *partRow) []byte {
	return appendString(appendString(append(dst, r.part.Seq), r.receiver.Bytes()), r.part.first)
}

func parsePartRow(day uint16, value []byte) (partRow, error) {
	d := decoder{b: value}
	r := partRow{part: CutPart{Seq: d.byte("part seq"), day: day}, receiver: d.addr("receiver")}
	r.part.first = string(d.string("first key", maxMessageID))
	return r, d.err
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
