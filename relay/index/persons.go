package index

import "sync/atomic"

// persons knows of which kinds of rows of subscribers there are any. Without them a lookup asks the store for
// nothing. What was deleted still counts until the next start.
type persons [256]atomic.Bool

// note notes that there is a row, or will be in a moment.
func (p *persons) note(key []byte) {
	if len(key) > 1 && key[0] == prefixPerson && !p[key[1]].Load() {
		p[key[1]].Store(true)
	}
}

// readPersons reads from the store which kinds there are. The caller holds mu.
func (ix *Index) readPersons() error {
	it, err := ix.db.NewIter(nil)
	if err != nil {
		return err
	}
	l := &lookup{ix: ix, it: it}
	for _, kind := range []byte{personHead, personCycle, personOptOut} {
		ix.persons[kind].Store(l.within([]byte{prefixPerson, kind}))
	}
	return firstError(l.err, it.Close())
}
