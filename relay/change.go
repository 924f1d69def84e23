package relay

import (
	"encoding/binary"
	"encoding/json"
	"time"
)

// Event tells that the state of a message has changed. Its JSON is what stands in the event
// stream and what docs/wire.md describes.
type Event struct {
	Event       string    `json:"event"` // the same whenever this event is told
	Type        change    `json:"type"`
	Account     string    `json:"account"`
	Sender      string    `json:"sender"`   // as submitted
	Receiver    string    `json:"receiver"` // as submitted
	Number      uint16    `json:"number"`
	MessageIDs  []string  `json:"message_ids"` // of the parts that the SMSC has taken so far
	Reference   *uint16   `json:"user_message_reference,omitempty"`
	SubmittedAt time.Time `json:"submitted_at"`
	At          time.Time `json:"at"` // of the change
}

// change is what an event tells of: a state that a message has reached, or one of those below.
type change string

// Changes that are no states.
const (
	changeNotRead  change = "not_read" // the receiver says: not yet
	changeReported change = "reported" // the ESME has acknowledged its feedback
)

// newEvent makes an event. It is the same each time it is made.
func newEvent(p *place, e *entry, c change, at int64) *Event {
	ev := &Event{
		Event: eventID(p, at, "event "+string(c)), Type: c, Account: string(e.account),
		Sender: e.from.Addr.String(), Receiver: e.to.Addr.String(), Number: p.number,
		MessageIDs: e.messageIDs(), SubmittedAt: timeOf(e.at), At: timeOf(at),
	}
	if e.hasReference {
		reference := e.reference // a pointer into e would have every entry allocated
		ev.Reference = &reference
	}
	return ev
}

// changed puts an event in the outbox, if the account has them told.
func (a *applier) changed(p *place, e *entry, c change, at int64) error {
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
	if err != nil || !ok || e.reportedAt != 0 || !e.state.final() {
		return err
	}
	e.reportedAt = rec.at
	if err := a.put(&rec.place, &e); err != nil {
		return err
	}
	return a.changed(&rec.place, &e, changeReported, rec.at)
}

// notRead notes that the receiver has not read the message yet: the last such word counts.
func (a *applier) notRead(rec *record, e *entry) error {
	e.notReadAt = max(e.notReadAt, rec.readAt)
	if err := a.put(&rec.place, e); err != nil {
		return err
	}
	return a.changed(&rec.place, e, changeNotRead, rec.at)
}

func appendReported(dst []byte, r *record) []byte {
	dst = appendPlace(append(dst, byte(kindReported)), &r.place)
	return binary.AppendUvarint(dst, uint64(r.at))
}

func appendPublished(dst []byte, seq, index uint64) []byte {
	dst = binary.AppendUvarint(append(dst, byte(kindPublished)), seq)
	return binary.AppendUvarint(dst, index)
}
