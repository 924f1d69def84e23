package index

import (
	"readback/relay/journal"
	"readback/relay/message"
)

// receipt moves the state of a message by the receipt of a part, or of the whole message.
func (a *Applier) receipt(rec *journal.Record) error {
	e, ok, err := a.entry(&rec.Place)
	if err != nil || !ok {
		return err
	}
	before, awaited := e.State, e.AwaitsReceipt()
	e.receipt(rec.PartSeq, rec.State, rec.At)
	if awaited && e.State.IsFinal() && !e.AwaitsReceipt() {
		a.result.ReceiptPassed = append(a.result.ReceiptPassed, ReceiptPassed{string(e.Account), rec.Place.Conv, rec.Place.Number})
	}
	if err := a.put(&rec.Place, &e); err != nil || e.State == before {
		return err
	}
	a.moved(&e, message.Change(e.State.String()))
	a.step(rec, &e, message.Change(e.State.String()))
	return a.changed(&rec.Place, &e, message.Change(e.State.String()), rec.At)
}

// read notes what a read response says, and what it comes to.
func (a *Applier) read(rec *journal.Record) error {
	o, err := a.readResponse(rec)
	a.came(o, nil)
	return err
}

// readResponse moves the state, and puts the feedback in the outbox. The first response that
// says the last word counts, the others change nothing.
func (a *Applier) readResponse(rec *journal.Record) (Outcome, error) {
	e, ok, err := a.entry(&rec.Place)
	switch {
	case err != nil || !ok:
		return Gone, err
	case e.State.IsFinal():
		return Duplicate, nil
	case rec.Status == message.StatusNotRead:
		return Noted, a.notRead(rec, &e)
	}
	if e.State != message.StateDelivered { // the receipt is late, or there will be none
		a.moved(&e, changeDelivered)
	}
	e.State = message.StateRead
	if rec.Status == message.StatusDeletedUnread {
		e.State = message.StateDeletedUnread
	}
	e.ReadAt, e.ReceivedAt, e.ReadID = rec.ReadAt, rec.At, rec.ID
	e.Way = rec.Way
	if err := a.put(&rec.Place, &e); err != nil {
		return Gone, err
	}
	a.moved(&e, message.Change(e.State.String()))
	a.step(rec, &e, message.Change(e.State.String()))
	if err := a.changed(&rec.Place, &e, message.Change(e.State.String()), rec.At); err != nil {
		return Gone, err
	}
	fb := NewFeedback(&rec.Place, &e)
	row, err := fb.MarshalJSON() // json.Marshal would go through it again
	if err != nil {
		return Gone, err
	}
	a.result.Added++
	return Read, a.b.Set(outboxKey(nil, FeedbackOutbox, a.at.Serial, a.index), row, nil)
}

// notRead notes that the receiver has not read the message yet: the last such word counts.
func (a *Applier) notRead(rec *journal.Record, e *Entry) error {
	e.NotReadAt = max(e.NotReadAt, rec.ReadAt)
	if err := a.put(&rec.Place, e); err != nil {
		return err
	}
	return a.changed(&rec.Place, e, message.ChangeNotRead, rec.At)
}

// reported notes that the ESME knows: once, and of a message that was read.
func (a *Applier) reported(rec *journal.Record) error {
	e, ok, err := a.entry(&rec.Place)
	if err != nil || !ok || e.ReportedAt != 0 || !e.State.IsFinal() {
		return err
	}
	e.ReportedAt, e.ToldTo = rec.At, rec.Session
	if err := a.put(&rec.Place, &e); err != nil {
		return err
	}
	a.moved(&e, message.ChangeReported)
	a.step(rec, &e, message.ChangeReported)
	return a.changed(&rec.Place, &e, message.ChangeReported, rec.At)
}
