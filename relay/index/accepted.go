package index

import (
	"bytes"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/smpp/receipt"
)

func (a *Applier) accepted(rec *journal.Record) error {
	a.at.Messages++
	if err := a.head(rec); err != nil {
		return err
	}
	return a.message(rec, rec.Part.Total > 1)
}

// late notes a message whose record comes late, unless its number has been assigned again since.
func (a *Applier) late(rec *journal.Record) error {
	a.at.Messages++
	if over, err := a.isOvertaken(rec); over || err != nil {
		return err
	}
	return a.message(rec, true)
}

// isOvertaken reports whether the number of a message has been assigned again since.
func (a *Applier) isOvertaken(rec *journal.Record) (bool, error) {
	a.key = entryKey(a.key[:0], &rec.Place)
	value, err := a.getStaged(a.key)
	if err != nil || value == nil {
		return false, err
	}
	e, err := parseEntry(value)
	return e.Ordinal > rec.Place.Ordinal, err
}

// message notes a message that the SMSC accepted. known says that some of it may be noted before: other
// parts, or the message itself.
func (a *Applier) message(rec *journal.Record, known bool) error {
	if rec.Place.Day < a.Expired {
		return nil
	}
	a.part[0] = EntryPart{Seq: rec.Part.Seq, ID: rec.MessageID}
	e := Entry{
		Ordinal: rec.Place.Ordinal, Account: rec.Account, From: rec.From, To: rec.To, At: rec.At,
		Reference: rec.Reference, HasReference: rec.HasReference, WantsReceipt: rec.WantsReceipt,
		Trail: rec.Trail, Total: rec.Part.Total, Parts: a.part[:],
	}
	if known || a.mayReplace(&rec.Place) {
		old, isSame, err := a.entry(&rec.Place)
		known = known && isSame
		if err = firstError(err, a.keepIDs(rec, &old, known)); err != nil {
			return err
		}
		if known {
			old.part(rec.Part.Seq).ID = rec.MessageID
			old.At = min(old.At, rec.At)
			e = old
		}
	}
	a.accept(rec, &e, known)
	if err := firstError(a.put(&rec.Place, &e), a.ownID(rec)); err != nil || known {
		return err
	}
	return a.changed(&rec.Place, &e, message.Change(message.StateSent.String()), rec.At)
}

// mayReplace reports whether there may be a message of an earlier ordinal at a place.
func (a *Applier) mayReplace(p *journal.Place) bool {
	c := a.at.Cycle
	return p.Ordinal > uint64(c.Last-c.First) || a.Index.persons[personCycle].Load()
}

// keepIDs keeps the owners of the ids that leave an entry for a record: that of the same part, if other parts
// stay in it, and else all.
func (a *Applier) keepIDs(rec *journal.Record, old *Entry, stays bool) error {
	for _, p := range old.Parts {
		if len(p.ID) == 0 || bytes.Equal(p.ID, rec.MessageID) && old.Ordinal == rec.Place.Ordinal || stays && p.Seq != rec.Part.Seq {
			continue
		}
		if err := a.keepOwnersOf(rec.Place.Day, p.ID); err != nil {
			return err
		}
	}
	return nil
}

// ownID notes that a message has its message_id. The record of a part that comes late may stand behind the
// one that says more.
func (a *Applier) ownID(rec *journal.Record) error {
	if rec.Kind == journal.KindLate && rec.Part.Total > 1 {
		return nil
	}
	a.idKey = receipt.AppendKey(a.idKey[:0], a.IDs.OfResponse(rec.MessageID))
	o := journal.IDOwner{Kind: journal.OwnerNumbered, Place: rec.Place, Seq: rec.Part.Seq}
	o.Lasts = o.Place.Day - min(o.Place.Day, message.DayOf(rec.At))
	return a.own(&o, rec.Account, a.idKey)
}
