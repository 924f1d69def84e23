package conversation

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Feedback is the JSON of feedback: the body of a webhook, or what stands on the account's
// NATS subject.
type Feedback struct {
	Event       string    `json:"event"` // the same in each delivery
	Account     string    `json:"account"`
	Sender      string    `json:"sender"`   // as submitted
	Receiver    string    `json:"receiver"` // as submitted
	Number      uint16    `json:"number"`
	Status      int       `json:"status"`      // 1 read, 2 deleted unread
	MessageIDs  []string  `json:"message_ids"` // as in submit_sm_resp, one a part
	Reference   *uint16   `json:"user_message_reference"`
	SubmittedAt time.Time `json:"submitted_at"`
	ReadAt      time.Time `json:"read_at"`     // by the receiver's clock
	ReceivedAt  time.Time `json:"received_at"` // by the gateway's
}

var errNoIDs = errors.New("no message_ids")

// ParseFeedback reads the JSON. It ignores fields that it does not know.
func ParseFeedback(body []byte) (f Feedback, err error) {
	if err = json.Unmarshal(body, &f); err == nil && len(f.MessageIDs) == 0 {
		err = errNoIDs
	}
	if err != nil {
		return Feedback{}, fmt.Errorf("feedback: %w", err)
	}
	return f, nil
}

// News returns what a book needs of the feedback. It does not need the event, since
// repetition changes nothing.
func (f Feedback) News() News {
	n := News{MessageIDs: f.MessageIDs, ReadAt: f.ReadAt, Number: &f.Number}
	switch f.Status {
	case statusRead:
		n.State = Read
	case statusDeletedUnread:
		n.State = DeletedUnread
	}
	return n
}
