package index

import (
	"cmp"
	"maps"
	"slices"

	"readback/relay/journal"
	"readback/relay/message"
)

// The newest message that got a message_id from the SMSC owns the id. It has two rows for each day: by
// account, and by destination. An account is that of an ESME, and ids are compared by receipt.Key. A message
// that is filed under a later day than that of its submission has these rows under both days: under the first
// one it is among the others, so that the newest is known, and under the later one it is found when the
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
	a.Index.days.note(prefixOwner, day)
	a.Index.days.note(prefixOwnerTo, day)
	a.key = ownerKey(a.key[:0], day, account, key)
	a.Index.ids.add(a.key)
	if err := a.stage(a.key, 0, a.val); err != nil {
		return err
	}
	a.key = ownersTo(a.key[:0], day, &o.Place.Conv.Receiver, key)
	group := len(a.key)
	a.key = append(a.key, o.Place.Conv.Sender.Bytes()...)
	return a.stage(a.key, group, a.val)
}

// OwnerOf returns the newest message of an account that has an id, on day today or so many days before, or
// on any later day; nil when there is none.
func (ix *Index) OwnerOf(account string, key []byte, today, days uint16) (*journal.IDOwner, error) {
	var buf [3 + 1 + journal.MaxAccount + journal.MaxMessageID]byte
	return ix.owner(prefixOwner, today, days, func(day uint16) []byte { return ownerKey(buf[:0], day, account, key) })
}

// OwnerIn is OwnerOf for the messages of a conversation, of any account.
func (ix *Index) OwnerIn(c *message.Conversation, key []byte, today, days uint16) (*journal.IDOwner, error) {
	var buf [3 + 2*(1+message.MaxAddr) + journal.MaxMessageID]byte
	return ix.owner(prefixOwnerTo, today, days, func(day uint16) []byte { return ownerInKey(buf[:0], day, c, key) })
}

// owner returns the newest owner of the rows that keyOn names for each day.
func (ix *Index) owner(kind byte, today, days uint16, keyOn func(day uint16) []byte) (*journal.IDOwner, error) {
	var lasting *journal.IDOwner
	for day := range ix.todayFirst(kind, today, days) {
		value, err := ix.getStaged(keyOn(day))
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
	for day := range ix.todayFirst(prefixOwnerTo, today, days) {
		prefix := ownersTo(nil, day, receiver, key)
		all, err := ix.rowsOf(prefix, prefix)
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

// ownerKey is 'n' · day(2 octets) · account · key of the id: days expire as ranges.
func ownerKey[T string | []byte](dst []byte, day uint16, account T, key []byte) []byte {
	return append(journal.AppendString(dayPrefix(dst, prefixOwner, day), account), key...)
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
