package index

import "readback/relay/journal"

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
