package cdr

import (
	"encoding/json"
	"fmt"
	"time"

	"readback/relay/message"
)

// version is that of the lines.
const version = 1

// Line is a call detail record, in JSON. What is missing has not happened, or is not known. Of a message that is gone from the ledger
// the line has no addresses and ids.
type Line struct {
	Version int    `json:"version"`
	ID      string `json:"id"` // of the line: another line with it is the same one
	Account string `json:"account"`

	// As submitted, with a + in front of an international number.
	Sender   string `json:"sender,omitempty"`
	Receiver string `json:"receiver,omitempty"`

	Number     uint16   `json:"number"`
	Carriage   string   `json:"carriage,omitempty"` // of the number: udh, text, or other_part
	Split      bool     `json:"split,omitempty"`    // the gateway made the parts
	Session    uint32   `json:"session,omitempty"`  // of the ESME that sent it
	Total      int      `json:"total"`              // of parts; 1: a message of its own
	MessageIDs []string `json:"message_ids"`        // of the parts that the SMSC accepted, in their order
	Reference  *uint16  `json:"user_message_reference,omitempty"`

	SubmittedAt stamp  `json:"submitted_at"`
	AcceptedAt  stamp  `json:"accepted_at,omitzero"` // when the SMSC answered
	State       string `json:"state"`                // sent, expired, failed, delivered, read, deleted_unread, gone
	FailedAt    stamp  `json:"failed_at,omitzero"`
	DeliveredAt stamp  `json:"delivered_at,omitzero"`
	ReadAt      stamp  `json:"read_at,omitzero"`     // by the receiver's clock
	ReceivedAt  stamp  `json:"received_at,omitzero"` // when the read response came in
	Way         string `json:"way,omitempty"`        // in which it came
	Told        string `json:"told,omitempty"`       // what became of the feedback
	ToldAt      stamp  `json:"told_at,omitzero"`
}

// stateGone is the state of a message that is gone from the ledger.
const stateGone = "gone"

// stamp is a time in a line: RFC 3339 in UTC, with milliseconds.
type stamp time.Time

// IsZero reports whether there is no time.
func (s stamp) IsZero() bool { return time.Time(s).IsZero() }

// MarshalJSON writes the time.
func (s stamp) MarshalJSON() ([]byte, error) {
	return []byte(time.Time(s).UTC().Format(`"2006-01-02T15:04:05.000Z"`)), nil
}

// lineOf returns the line of an accepted message; false if another one of its records has it. h is nil if the message
// is gone.
func (w *Writer) lineOf(a *accepted, h *message.History) (l Line, ok bool) {
	if h == nil {
		return a.gone(), a.part.Seq <= 1
	}
	if !a.isFirstOf(h) {
		return Line{}, false
	}
	l = Line{
		Version: version, ID: a.id, Account: message.Shown(h.Account), Sender: h.From.Written(), Receiver: h.To.Written(),
		Number: h.Number, Carriage: h.Trail.Carriage.String(), Split: h.Trail.Split, Session: uint32(h.Trail.Session),
		Total: max(1, int(h.Total)), MessageIDs: []string{}, Reference: h.Reference,
		SubmittedAt: stamp(h.SubmittedAt), AcceptedAt: stamp(h.AcceptedAt()), State: h.State.String(), FailedAt: stamp(h.FailedAt),
		DeliveredAt: stamp(h.DeliveredAt), ReadAt: stamp(h.ReadAt), ReceivedAt: stamp(h.ReceivedAt), Way: h.Way,
		Told: h.Told.State.String(), ToldAt: stamp(h.Told.At),
	}
	for _, p := range h.Parts {
		if p.ID != "" {
			l.MessageIDs = append(l.MessageIDs, message.Shown(p.ID))
		}
	}
	if w.opt.Mask {
		l.Sender, l.Receiver = message.MaskSender(l.Sender), message.Mask(l.Receiver)
	}
	return l, true
}

// isFirstOf reports whether the record is that of the first part of a message that the SMSC accepted. The receipt of a part
// without a record may have brought one without an id.
func (a *accepted) isFirstOf(h *message.History) bool {
	if a.part.Total <= 1 || len(h.Parts) == 0 {
		return true
	}
	first := h.Parts[0]
	for _, p := range h.Parts {
		if p.ID != "" {
			first = p
			break
		}
	}
	return first.Seq == a.part.Seq && first.ID == a.messageID
}

// gone returns the line of a message that is gone, which says nothing about its receiver.
func (a *accepted) gone() Line {
	return Line{
		Version: version, ID: a.id, Account: message.Shown(a.account), Number: a.place.Number, Total: max(1, int(a.part.Total)),
		MessageIDs: []string{}, SubmittedAt: stamp(message.Time(a.at)), State: stateGone,
	}
}

// octets returns the line as it stands in a file.
func (l *Line) octets() ([]byte, error) {
	b, err := json.Marshal(l)
	if err != nil {
		return nil, fmt.Errorf("call detail record: %w", err)
	}
	return append(b, '\n'), nil
}
