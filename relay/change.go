package relay

import (
	"encoding/json"

	"readback/relay/journal"
	"readback/relay/message"
)

// newEvent makes an event. It is the same each time it is made.
func newEvent(p *journal.Place, e *entry, c message.Change, at int64) *message.Event {
	ev := &message.Event{
		Event: eventID(p, at, "event "+string(c)), Type: c, Account: string(e.account),
		Sender: e.from.Addr.String(), Receiver: e.to.Addr.String(), Number: p.Number,
		MessageIDs: e.messageIDs(), SubmittedAt: message.Time(e.at), At: message.Time(at),
	}
	if e.hasReference {
		reference := e.reference // a pointer into e would have every entry allocated
		ev.Reference = &reference
	}
	return ev
}

// changed puts an event in the outbox, if the account has them told.
func (a *applier) changed(p *journal.Place, e *entry, c message.Change, at int64) error {
	if a.events == nil || !a.events(e.account) {
		return nil
	}
	row, err := json.Marshal(newEvent(p, e, c, at))
	if err != nil {
		return err
	}
	a.result.events = true
	return a.b.Set(outboxKey(nil, prefixEvent, a.at.seq, a.index), row, nil)
}

// published takes the events out of the outbox up to one that is in its stream.
func (a *applier) published(rec *journal.Record) error {
	a.came(outcomeNoted, nil)
	return a.b.DeleteRange([]byte{prefixEvent}, outboxKey(nil, prefixEvent, rec.Seq, rec.Index+1), nil)
}

// reported notes that the ESME knows: once, and of a message that was read.
func (a *applier) reported(rec *journal.Record) error {
	e, ok, err := a.entry(&rec.Place)
	if err != nil || !ok || e.reportedAt != 0 || !e.state.IsFinal() {
		return err
	}
	e.reportedAt = rec.At
	if err := a.put(&rec.Place, &e); err != nil {
		return err
	}
	return a.changed(&rec.Place, &e, message.ChangeReported, rec.At)
}

// notRead notes that the receiver has not read the message yet: the last such word counts.
func (a *applier) notRead(rec *journal.Record, e *entry) error {
	e.notReadAt = max(e.notReadAt, rec.ReadAt)
	if err := a.put(&rec.Place, e); err != nil {
		return err
	}
	return a.changed(&rec.Place, e, message.ChangeNotRead, rec.At)
}
