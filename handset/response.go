package handset

import (
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"readback/udh"
)

// Status says what the receiver did with a message.
type Status byte

// The statuses, as a read response contains them.
const (
	NotRead       Status = 0
	Read          Status = 1
	DeletedUnread Status = 2
)

// Response is a read response. Its JSON is what the server accepts.
type Response struct {
	Receiver string    `json:"receiver"`         // the reader's own number
	Sender   string    `json:"sender,omitempty"` // as in the message; may be empty
	Number   uint16    `json:"number"`
	Status   Status    `json:"status"`
	ReadAt   time.Time `json:"read_at,omitzero"`
	Proof    string    `json:"proof,omitempty"` // hex
	// ID is the same in repetitions. Queue.Put gives an ID to a response that has none.
	ID string `json:"id,omitempty"`
}

// Response returns the response to a message. ok is false if the message carries no number.
func (f Found) Response(receiver, sender string, s Status, at time.Time) (r Response, ok bool) {
	return Response{
		Receiver: receiver, Sender: sender, Number: f.Number, Status: s, ReadAt: at.UTC(), Proof: f.ProofHex(),
	}, f.Carriage != ByNone
}

// ErrResponse means that a response cannot be sent: a field is missing or too long.
var ErrResponse = errors.New("unusable read response")

// maxAddr leaves room for a prefix before the twenty octets of an address.
const (
	maxAddr  = 24
	maxID    = 256
	maxProof = 64
)

// check refuses what no server would accept, so that it does not wait in a queue.
func (r Response) check() error {
	field := ""
	switch {
	case r.Receiver == "" || len(r.Receiver) > maxAddr:
		field = "receiver"
	case len(r.Sender) > maxAddr:
		field = "sender"
	case r.Status > DeletedUnread:
		field = "status"
	case len(r.Proof) > maxProof:
		field = "proof"
	case len(r.ID) > maxID:
		field = "id"
	default:
		return nil
	}
	return fmt.Errorf("%w: %s", ErrResponse, field)
}

// DefaultAnswerIEI is the identifier of the element that carries a read response in
// an SMS.
const DefaultAnswerIEI = 0x81

// AppendUserData appends the user data of the SMS that is the read response, for a
// handset without data connection: a header with one element, number, status and
// the proof if there is one, and no text. It is sent from the receiver to the
// sender with TP-UDHI set; iei zero stands for DefaultAnswerIEI.
func (r Response) AppendUserData(dst []byte, iei byte) ([]byte, error) {
	if iei == 0 {
		iei = DefaultAnswerIEI
	}
	proof, err := hex.DecodeString(r.Proof)
	if err != nil || len(proof) != 0 && len(proof) != udh.ProofLen {
		return dst, fmt.Errorf("%w: proof", ErrResponse)
	}
	e := udh.Element{ID: iei, Data: append([]byte{byte(r.Number >> 8), byte(r.Number), byte(r.Status)}, proof...)}
	return udh.AppendElement(dst, nil, false, e)
}
