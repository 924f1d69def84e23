package relay

import (
	"errors"
	"time"
)

// Feedback is what the ESME is told about a message that was read. Its JSON is
// what stands in the feedback stream and what docs/wire.md describes.
type Feedback struct {
	Event       string    `json:"event"` // the same in every delivery of this feedback
	Account     string    `json:"account"`
	Sender      string    `json:"sender"`   // as submitted
	Receiver    string    `json:"receiver"` // as submitted
	SenderTON   byte      `json:"sender_ton"`
	SenderNPI   byte      `json:"sender_npi"`
	ReceiverTON byte      `json:"receiver_ton"`
	ReceiverNPI byte      `json:"receiver_npi"`
	Number      uint16    `json:"number"`
	Status      uint8     `json:"status"`      // StatusRead or StatusDeletedUnread
	MessageIDs  []string  `json:"message_ids"` // as the SMSC gave them, one a part
	Reference   *uint16   `json:"user_message_reference,omitempty"`
	SubmittedAt time.Time `json:"submitted_at"`
	ReadAt      time.Time `json:"read_at"`     // by the receiver's clock
	ReceivedAt  time.Time `json:"received_at"` // when the read response came in

	DeliveredAt time.Time `json:"delivered_at,omitzero"` // when the SMSC's receipt came
	Receipt     []byte    `json:"receipt,omitempty"`     // the SMSC's own, in place of all this: a PDU

	ReceiptPending bool `json:"receipt_pending,omitempty"` // the SMSC's receipt, which the ESME wants, had not passed

	Refused int `json:"-"` // the Teller's own count, kept while the feedback is with this process
}

// conversation is whose feedback it is: what was submitted in several notations is one. What
// is no address is that of none.
func (fb *Feedback) conversation() (c Conversation) {
	c.Sender, _ = NormalAddr(fb.Sender)
	c.Receiver, _ = NormalAddr(fb.Receiver)
	return c
}

// Values of status in a read response.
const (
	StatusNotRead       = 0
	StatusRead          = 1
	StatusDeletedUnread = 2
)

// Permanent marks an error of a Teller as final: the feedback goes to the dead
// letters and is not tried again.
func Permanent(err error) error { return permanentError{err} }

// IsPermanent tells whether err was marked by Permanent.
func IsPermanent(err error) bool {
	var p permanentError
	return errors.As(err, &p)
}

type permanentError struct{ error }

func (e permanentError) Unwrap() error { return e.error }
