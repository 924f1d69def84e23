package index

import (
	"crypto/sha256"
	"encoding/binary"

	"readback/relay/journal"
	"readback/relay/message"
)

// NewFeedback makes what the ESME is told of a message that was read. It is the same
// each time it is made.
func NewFeedback(p *journal.Place, e *Entry) *message.Feedback {
	fb := &message.Feedback{
		Event:       feedbackID(p, e),
		Account:     string(e.Account),
		Sender:      e.From.Addr.String(),
		Receiver:    e.To.Addr.String(),
		SenderTON:   e.From.TON,
		SenderNPI:   e.From.NPI,
		ReceiverTON: e.To.TON,
		ReceiverNPI: e.To.NPI,
		Number:      p.Number,
		Status:      message.StatusRead,
		MessageIDs:  e.MessageIDs(),
		SubmittedAt: message.Time(e.At),
		ReadAt:      message.Time(e.ReadAt),
		ReceivedAt:  message.Time(e.ReceivedAt),
	}
	if e.State == message.StateDeletedUnread {
		fb.Status = message.StatusDeletedUnread
	}
	fb.ReceiptPending = e.AwaitsReceipt()
	if e.DeliveredAt != 0 {
		fb.DeliveredAt = message.Time(e.DeliveredAt)
	}
	if e.HasReference {
		fb.Reference = &e.Reference
	}
	return fb
}

// MessageIDs returns the message_ids of all parts, in order.
func (e *Entry) MessageIDs() []string {
	ids := make([]string, len(e.Parts))
	for i, p := range e.Parts {
		ids[i] = string(p.ID)
	}
	return ids
}

// crockford is the alphabet of a ULID.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// feedbackID is the event of the feedback on a message that was read.
func feedbackID(p *journal.Place, e *Entry) string {
	return eventID(p, e.ReceivedAt, string([]byte{byte(e.State)}))
}

// eventID has the form of a ULID: 48 bits of the time, and 80 bits that stand for the
// message and what became of it. It is the same whenever it is made again.
func eventID(p *journal.Place, at int64, what string) string {
	key := message.AppendConversation(nil, &p.Conv)
	key = binary.AppendUvarint(key, p.Ordinal)
	sum := sha256.Sum256(append(key, what...))
	var id [16]byte
	binary.BigEndian.PutUint64(id[:], uint64(at)<<16)
	copy(id[6:], sum[:10])
	hi, lo := binary.BigEndian.Uint64(id[:]), binary.BigEndian.Uint64(id[8:])
	var text [26]byte
	for i := len(text) - 1; i >= 0; i-- {
		text[i] = crockford[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return string(text[:])
}
