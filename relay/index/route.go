package index

import (
	"readback/relay/journal"
	"readback/smpp/receipt"
)

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
