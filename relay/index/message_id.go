package index

import (
	"readback/relay/journal"
	"readback/relay/message"
	"readback/smpp/receipt"
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

func (a *Applier) route(rec *journal.Record) error {
	if rec.Place.Day < a.Expired {
		return nil
	}
	a.Index.days.note(prefixRoute, rec.Place.Day)
	a.key = routeKey(a.key[:0], rec.Place.Day, rec.MessageID)
	if err := a.b.Set(a.key, rec.Account, nil); err != nil {
		return err
	}
	a.idKey = receipt.AppendKey(a.idKey[:0], rec.MessageID)
	a.key = routeByKey(a.key[:0], rec.Place.Day, a.idKey)
	return a.b.Set(a.key, rec.Account, nil)
}

// Route returns the account that an id was last given to, on day today or so many days before, or on
// any later day; empty when there is none.
func (ix *Index) Route(id []byte, today, days uint16) (string, error) {
	for day := range ix.todayFirst(prefixRoute, today, days) {
		var buf [3 + journal.MaxRouteID]byte
		account, err := ix.get(routeKey(buf[:0], day, id))
		if err != nil || account != nil {
			return string(account), err
		}
	}
	return "", nil
}

// RouteByKey is Route for the key of an id: see receipt.Key. The rows of an earlier release have no key.
func (ix *Index) RouteByKey(key []byte, today, days uint16) (string, error) {
	for day := range ix.todayFirst(prefixRoute, today, days) {
		var buf [4 + journal.MaxRouteID]byte
		account, err := ix.get(routeByKey(buf[:0], day, key))
		if err != nil || account != nil {
			return string(account), err
		}
	}
	return "", nil
}

// routeByKey is 'r' · day(2 octets) · 0 · key of the id. An id never begins with a zero octet.
func routeByKey(dst []byte, day uint16, key []byte) []byte {
	return append(append(dayPrefix(dst, prefixRoute, day), 0), key...)
}

// routeKey is 'r' · day(2 octets) · id: days expire as ranges.
func routeKey(dst []byte, day uint16, id []byte) []byte {
	return append(dayPrefix(dst, prefixRoute, day), id...)
}
