package index

import (
	"bytes"
	"maps"
	"slices"

	"readback/internal/crash"
	"readback/relay/journal"
	"readback/relay/message"
)

// EntriesTo returns the entries of a receiver, the newest day first: those from a sender, if that is not zero. It reads
// at most limit of them, and more reports whether there may be others.
func (ix *Index) EntriesTo(receiver, sender *message.Addr, limit int) (all []Found, more bool, err error) {
	defer crash.OnPanic()
	if ix.isClosed() {
		return nil, false, ErrClosed
	}
	for _, day := range ix.entryDays.all() {
		group := receiverPrefix(nil, day, receiver)
		prefix := group
		if !sender.IsZero() {
			prefix = conversationPrefix(nil, day, &message.Conversation{Sender: *sender, Receiver: *receiver})
		}
		rows, err := ix.someRowsOf(group, prefix, limit+1-len(all))
		if err != nil {
			return nil, false, err
		}
		for _, key := range slices.Sorted(maps.Keys(rows)) {
			if len(all) == limit {
				return all, true, nil
			}
			f, err := ix.foundIn([]byte(key), rows[key])
			if err != nil {
				return nil, false, err
			}
			all = append(all, f)
		}
	}
	return all, false, nil
}

// someRowsOf is rowsOf for limit rows of the store, beside those that are staged.
func (ix *Index) someRowsOf(group, prefix []byte, limit int) (map[string][]byte, error) {
	all := ix.staged.rows(group)
	maps.DeleteFunc(all, func(key string, _ []byte) bool { return !bytes.HasPrefix([]byte(key), prefix) })
	l, err := ix.lookup()
	if err != nil {
		return nil, err
	}
	for ok := l.within(prefix); ok && limit > 0; ok = l.nextWithin(prefix) {
		if _, newer := all[string(l.it.Key())]; !newer {
			all[string(l.it.Key())] = bytes.Clone(l.it.Value())
			limit--
		}
	}
	maps.DeleteFunc(all, func(_ string, value []byte) bool { return len(value) == 0 })
	return all, l.close()
}

// OwnersOf returns the newest message of each account that has an id, on day today or so many days before, or on any
// later day, in the order of the accounts.
func (ix *Index) OwnersOf(key []byte, today, days uint16) (all []journal.IDOwner, err error) {
	if !ix.MayOwn(key) {
		return nil, ix.closedError()
	}
	for _, account := range slices.Sorted(maps.Keys(ix.accounts.load())) {
		o, err := ix.OwnerOf(account, key, today, days)
		if err != nil {
			return nil, err
		}
		if o != nil {
			all = append(all, *o)
		}
	}
	return all, nil
}
