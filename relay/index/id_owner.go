package index

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/smpp/receipt"
)

// The newest message that got a message_id from the SMSC owns the id, of its account. It has a row for each day,
// by account. An account is that of an ESME, and ids are compared by receipt.Key. As long as the id has no other
// owner, this row is all there is. Several owners of a day, of one account or of more, have a second row each, by
// destination, since the row by account has the newest one alone. So has an owner that its entry does not lead to:
// one that has none, or has one no more.
//
// A message that is filed under a later day than that of its submission has both rows under both days: under the
// first one it is among the others, so that the newest is known, and under the later one it is found when the
// others have expired.

// own notes that o is the owner of an id from now on.
func (a *Applier) own(o *journal.IDOwner, account, key []byte) error {
	if len(key) == 0 {
		return nil
	}
	a.val = journal.AppendIDOwner(a.val[:0], o, account)
	if o.Lasts > 0 && o.Since() >= a.Expired {
		if err := a.ownOn(o.Since(), o, account, key); err != nil {
			return err
		}
	}
	return a.ownOn(o.Place.Day, o, account, key)
}

// ownOn writes the rows of an owner, whose value is at hand, under one day.
func (a *Applier) ownOn(day uint16, o *journal.IDOwner, account, key []byte) error {
	isOnly := o.Kind == journal.OwnerNumbered && o.Lasts == 0 && !a.Index.MayOwn(key)
	if !isOnly {
		if err := a.keepOwners(day, key); err != nil {
			return err
		}
	}
	a.Index.days.note(prefixOwner, day)
	a.key = ownerKey(a.key[:0], day, account, key)
	a.Index.noteKey(a.key)
	if err := a.stage(a.key, 0, a.val); err != nil || isOnly {
		return err
	}
	return a.ownTo(day, &o.Place.Conv, key, a.val)
}

// keepOwners writes the rows by destination of the owners that an id has on a day, unless they have one: that may be
// of a newer owner in the same conversation, of another account.
func (a *Applier) keepOwners(day uint16, key []byte) error {
	return a.Index.ownersOn(a.getStaged, day, key, func(o *journal.IDOwner, value []byte) error {
		a.key = ownerInKey(a.key[:0], day, &o.Place.Conv, key)
		if has, err := a.getStaged(a.key); has != nil || err != nil {
			return err
		}
		return a.ownTo(day, &o.Place.Conv, key, value)
	})
}

// keepOwnersOf is keepOwners for an id that leaves its entry.
func (a *Applier) keepOwnersOf(day uint16, id []byte) error {
	for _, key := range keysOf(id) {
		if err := a.keepOwners(day, key); err != nil {
			return err
		}
	}
	return nil
}

// keysOf returns the keys that an id of a response has or had, whatever the configuration said of it then: a
// hexadecimal number has that of a string.
func keysOf(id []byte) [][]byte {
	all := [][]byte{receipt.Key(id)}
	if decimal := receipt.Key(receipt.IDs{Response: receipt.Decimal}.OfResponse(id)); !bytes.Equal(decimal, all[0]) {
		all = append(all, decimal)
	}
	return all
}

// ownersOn calls f with the owners that an id has on a day by account, and their rows, until f returns an error.
func (ix *Index) ownersOn(get func(key []byte) ([]byte, error), day uint16, key []byte, f func(o *journal.IDOwner, value []byte) error) error {
	if !ix.MayOwn(key) {
		return nil
	}
	var buf [3 + 1 + journal.MaxAccount + journal.MaxMessageID]byte
	for account := range ix.accounts.load() {
		value, err := get(ownerKey(buf[:0], day, account, key))
		if err != nil {
			return err
		}
		if value == nil {
			continue
		}
		o, err := journal.ParseIDOwner(value)
		if err == nil {
			err = f(&o, value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ownTo writes the row of an owner by destination.
func (a *Applier) ownTo(day uint16, c *message.Conversation, key, value []byte) error {
	a.Index.days.note(prefixOwnerTo, day)
	a.key = ownersTo(a.key[:0], day, &c.Receiver, key)
	group := len(a.key)
	a.key = append(a.key, c.Sender.Bytes()...)
	return a.stage(a.key, group, value)
}

// OwnerOf returns the newest message of an account that has an id, on day today or so many days before, or
// on any later day; nil when there is none.
func (ix *Index) OwnerOf(account string, key []byte, today, days uint16) (*journal.IDOwner, error) {
	var buf [3 + 1 + journal.MaxAccount + journal.MaxMessageID]byte
	return ix.owner(today, days, func(day uint16) ([]byte, error) {
		return ix.getStaged(ownerKey(buf[:0], day, account, key))
	})
}

// OwnerIn is OwnerOf for the messages of a conversation, of any account.
func (ix *Index) OwnerIn(c *message.Conversation, key []byte, today, days uint16) (*journal.IDOwner, error) {
	var buf [3 + 2*(1+message.MaxAddr) + journal.MaxMessageID]byte
	return ix.owner(today, days, func(day uint16) (row []byte, err error) {
		if row, err = ix.getStaged(ownerInKey(buf[:0], day, c, key)); row != nil || err != nil {
			return row, err
		}
		err = ix.ownersOn(ix.getStaged, day, key, func(o *journal.IDOwner, value []byte) error {
			if o.Place.Conv == *c {
				row = value
			}
			return nil
		})
		return row, err
	})
}

// owner returns the newest owner of the rows that rowOn returns for each day.
func (ix *Index) owner(today, days uint16, rowOn func(day uint16) ([]byte, error)) (*journal.IDOwner, error) {
	var lasting *journal.IDOwner
	for day := range ix.todayFirst(prefixOwner, today, days) {
		value, err := rowOn(day)
		if err != nil {
			return nil, err
		}
		if value != nil {
			o, err := journal.ParseIDOwner(value)
			if err != nil || !isLater(&o, day) {
				return &o, err
			}
			lasting = cmp.Or(lasting, &o)
		}
	}
	return lasting, nil
}

// isLater reports whether a row under this day is that of a message under the day until which it lasts. A
// newer message may have a row under an earlier day.
func isLater(o *journal.IDOwner, day uint16) bool { return o.Lasts > 0 && day == o.Place.Day }

// OwnerTo is OwnerOf for the messages to a receiver, from any sender. If account is empty, they are of any
// account. Of several senders on the newest day the first in the order of their octets counts.
func (ix *Index) OwnerTo(receiver *message.Addr, account string, key []byte, today, days uint16) (*journal.IDOwner, error) {
	var lasting *journal.IDOwner
	for day := range ix.todayFirst(prefixOwner, today, days) {
		all, err := ix.allTo(receiver, key, day)
		if err != nil {
			return nil, err
		}
		for _, name := range slices.Sorted(maps.Keys(all)) {
			o, err := journal.ParseIDOwner(all[name])
			switch {
			case err != nil:
				return nil, err
			case account != "" && o.Account != account:
			case isLater(&o, day):
				lasting = cmp.Or(lasting, &o)
			default:
				return &o, nil
			}
		}
	}
	return lasting, nil
}

// allTo returns the rows of the owners of an id to a receiver on a day, by their keys by destination.
func (ix *Index) allTo(receiver *message.Addr, key []byte, day uint16) (map[string][]byte, error) {
	prefix := ownersTo(nil, day, receiver, key)
	all, err := ix.rowsOf(prefix, prefix)
	if err != nil {
		return nil, err
	}
	return all, ix.ownersOn(ix.getStaged, day, key, func(o *journal.IDOwner, value []byte) error {
		if name := string(ownerInKey(nil, day, &o.Place.Conv, key)); o.Place.Conv.Receiver == *receiver && all[name] == nil {
			all[name] = value
		}
		return nil
	})
}

// ownerKey is 'n' · day(2 octets) · account · key of the id: days expire as ranges.
func ownerKey[T string | []byte](dst []byte, day uint16, account T, key []byte) []byte {
	return append(journal.AppendString(dayPrefix(dst, prefixOwner, day), account), key...)
}

// splitOwnerKey returns the account and the key of the id in ownerKey.
func splitOwnerKey(key []byte) (account, id []byte) {
	d := journal.Decoder{B: key, Off: min(3, len(key))}
	account = d.String("account", journal.MaxAccount)
	return account, key[d.Off:]
}

// ownerInKey is 'q' · day(2 octets) · receiver · key of the id · 0 · sender: days expire as ranges, and the
// ids of a receiver's messages of a day are erased without a look at all the others.
func ownerInKey(dst []byte, day uint16, c *message.Conversation, key []byte) []byte {
	return append(ownersTo(dst, day, &c.Receiver, key), c.Sender.Bytes()...)
}

func ownersTo(dst []byte, day uint16, receiver *message.Addr, key []byte) []byte {
	dst = journal.AppendString(dayPrefix(dst, prefixOwnerTo, day), receiver.Bytes())
	return append(append(dst, key...), 0)
}
