package message

import (
	"context"
	"errors"
	"time"
)

// Feedback is the report about a read response that the originating ESME gets. Its JSON stands in
// the feedback stream, and docs/wire.md describes it.
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
	Receipt     []byte    `json:"receipt,omitempty"`     // the SMSC's own receipt as a PDU; then the other fields do not count

	ReceiptPending bool `json:"receipt_pending,omitempty"` // the SMSC's receipt, which the ESME wants, had not passed
}

// Conversation returns the conversation of the message, whatever notation its addresses were
// submitted in. A field that is no address becomes the zero Addr.
func (fb *Feedback) Conversation() (c Conversation) {
	c.Sender, _ = NormalAddr(fb.Sender)
	c.Receiver, _ = NormalAddr(fb.Receiver)
	return c
}

// Permanent marks an error of a Teller as final: the feedback goes to the dead
// letters and is not tried again.
func Permanent(err error) error { return permanentError{err} }

// IsPermanent reports whether err was marked by Permanent.
func IsPermanent(err error) bool {
	var p permanentError
	return errors.As(err, &p)
}

type permanentError struct{ error }

func (e permanentError) Unwrap() error { return e.error }

// AtMost marks an error of a Teller: the last of n such errors on a feedback is permanent.
func AtMost(n int, err error) error { return countedError{err, n} }

type countedError struct {
	error
	most int
}

func (e countedError) Unwrap() error { return e.error }

// Most is how many errors on a feedback AtMost allows; 0 for any other error.
func Most(err error) int {
	c, _ := errors.AsType[countedError](err)
	return c.most
}

// Later marks an error of a Teller: the feedback is not to be told again before wait is
// over.
func Later(err error, wait time.Duration) error { return laterError{err, wait} }

type laterError struct {
	error
	wait time.Duration
}

func (e laterError) Unwrap() error { return e.error }

// RetryAfter returns the wait of an error that Later marked; 0 for any other error.
func RetryAfter(err error) time.Duration {
	l, _ := errors.AsType[laterError](err)
	return l.wait
}

// Unanswered marks an error of a Teller: the session did not answer. Other sessions of the account are told
// in its place for a while.
func Unanswered(err error) error { return unansweredError{err} }

// IsUnanswered reports whether err was marked by Unanswered.
func IsUnanswered(err error) bool {
	_, ok := errors.AsType[unansweredError](err)
	return ok
}

type unansweredError struct{ error }

func (e unansweredError) Unwrap() error { return e.error }

// Teller tells an ESME of a message that was read. nil means that the ESME has taken
// it; an error marked by Permanent that it never will; any other error that it is to be
// told again. It is called from several goroutines.
type Teller func(ctx context.Context, fb *Feedback) error
