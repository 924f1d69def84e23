package message

import "time"

// Event reports that the state of a message has changed. Its JSON stands in the event stream, and
// docs/wire.md describes it.
type Event struct {
	Event       string    `json:"event"` // the same in every repetition of this event
	Type        Change    `json:"type"`
	Account     string    `json:"account"`
	Sender      string    `json:"sender"`   // as submitted
	Receiver    string    `json:"receiver"` // as submitted
	Number      uint16    `json:"number"`
	MessageIDs  []string  `json:"message_ids"` // of the parts that the SMSC has taken so far
	Reference   *uint16   `json:"user_message_reference,omitempty"`
	SubmittedAt time.Time `json:"submitted_at"`
	At          time.Time `json:"at"` // of the change
}

// Change is what an event reports: a state that a message has reached, or one of those below.
type Change string

// Changes that are no states.
const (
	ChangeNotRead  Change = "not_read" // the receiver has answered "not read yet"
	ChangeReported Change = "reported" // the ESME has acknowledged its feedback
)
