package relay

import (
	"encoding/binary"
	"encoding/json"

	"readback/relay/message"
)

// newEvent makes an event. It is the same each time it is made.
func newEvent(p *place, e *entry, c message.Change, at int64) *message.Event {
	ev := &message.Event{
		Event: eventID(p, at, "event "+string(c)), Type: c, Account: string(e.account),
		Sender: e.from.Addr.String(), Receiver: e.to.Addr.String(), Number: p.number,
		MessageIDs: e.messageIDs(), SubmittedAt: message.Time(e.at), At: message.Time(at),
	}
	if e.hasReference {
		reference := e.reference // a pointer into e would have every entry allocated
		ev.Reference = &reference
	}
	return ev
}

// changed puts an event in the outbox, if the account has them told.
func (a *applier) changed(p *place, e *entry, c message.Change, at int64) error {
	if a.events == nil || !a.events(e.account) {
		return nil
	}
	row, err := json.Marshal(newEvent(p, e, c, at))
	if err != nil {
		return err
	}
	a.newEvents = true
	return a.b.Set(outboxKey(nil, prefixEvent, a.at.seq, a.index), row, nil)
}

// published takes the events out of the outbox up to one that is in its stream.
func (a *applier) published(rec *record) error {
	return a.b.DeleteRange([]byte{prefixEvent}, outboxKey(nil, prefixEvent, rec.seq, rec.index+1), nil)
}

// reported notes that the ESME knows: once, and of a message that was read.
func (a *applier) reported(rec *record) error {
	e, ok, err := a.entry(&rec.place)
	if err != nil || !ok || e.reportedAt != 0 || !e.state.IsFinal() {
		return err
	}
	e.reportedAt = rec.at
	if err := a.put(&rec.place, &e); err != nil {
		return err
	}
	return a.changed(&rec.place, &e, message.ChangeReported, rec.at)
}

// notRead notes that the receiver has not read the message yet: the last such word counts.
func (a *applier) notRead(rec *record, e *entry) error {
	e.notReadAt = max(e.notReadAt, rec.readAt)
	if err := a.put(&rec.place, e); err != nil {
		return err
	}
	return a.changed(&rec.place, e, message.ChangeNotRead, rec.at)
}

func appendReported(dst []byte, r *record) []byte {
	dst = appendPlace(append(dst, byte(kindReported)), &r.place)
	return binary.AppendUvarint(dst, uint64(r.at))
}

func appendPublished(dst []byte, seq, index uint64) []byte {
	dst = binary.AppendUvarint(append(dst, byte(kindPublished)), seq)
	return binary.AppendUvarint(dst, index)
}
