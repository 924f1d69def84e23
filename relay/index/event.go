package index

import (
	"readback/relay/journal"
	"readback/relay/message"
)

// newEvent makes an event. It is the same each time it is made.
func newEvent(p *journal.Place, e *Entry, c message.Change, at int64) *message.Event {
	ev := &message.Event{
		Event: eventID(p, at, "event "+string(c)), Type: c, Account: string(e.Account),
		Sender: e.From.Addr.String(), Receiver: e.To.Addr.String(), Number: p.Number,
		MessageIDs: e.MessageIDs(), SubmittedAt: message.Time(e.At), At: message.Time(at),
	}
	if e.HasReference {
		reference := e.Reference // a pointer into e would have every entry allocated
		ev.Reference = &reference
	}
	return ev
}

// changed puts an event in the outbox, if the account has them told.
func (a *Applier) changed(p *journal.Place, e *Entry, c message.Change, at int64) error {
	if a.Events == nil || !a.Events(e.Account) {
		return nil
	}
	row, err := newEvent(p, e, c, at).MarshalJSON()
	if err != nil {
		return err
	}
	a.result.Events = true
	return a.b.Set(outboxKey(nil, EventOutbox, a.at.Serial, a.index), row, nil)
}

// published takes the events out of the outbox up to one that is in its stream.
func (a *Applier) published(rec *journal.Record) error {
	a.came(Noted, nil)
	return a.b.DeleteRange([]byte{EventOutbox}, outboxKey(nil, EventOutbox, rec.Seq, rec.Index+1), nil)
}
