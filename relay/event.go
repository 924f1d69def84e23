package relay

import (
	"crypto/sha256"
	"encoding/binary"

	"readback/relay/journal"
	"readback/relay/message"
)

// newFeedback makes what the ESME is told of a message that was read. It is the same
// each time it is made.
func newFeedback(p *journal.Place, e *entry) *message.Feedback {
	fb := &message.Feedback{
		Event:       feedbackID(p, e),
		Account:     string(e.account),
		Sender:      e.from.Addr.String(),
		Receiver:    e.to.Addr.String(),
		SenderTON:   e.from.TON,
		SenderNPI:   e.from.NPI,
		ReceiverTON: e.to.TON,
		ReceiverNPI: e.to.NPI,
		Number:      p.Number,
		Status:      message.StatusRead,
		MessageIDs:  e.messageIDs(),
		SubmittedAt: message.Time(e.at),
		ReadAt:      message.Time(e.readAt),
		ReceivedAt:  message.Time(e.receivedAt),
	}
	if e.state == message.StateDeletedUnread {
		fb.Status = message.StatusDeletedUnread
	}
	fb.ReceiptPending = e.awaitsReceipt()
	if e.deliveredAt != 0 {
		fb.DeliveredAt = message.Time(e.deliveredAt)
	}
	if e.hasReference {
		fb.Reference = &e.reference
	}
	return fb
}

func (e *entry) messageIDs() []string {
	ids := make([]string, len(e.parts))
	for i, p := range e.parts {
		ids[i] = string(p.id)
	}
	return ids
}

// crockford is the alphabet of a ULID.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// feedbackID is the event of the feedback on a message that was read.
func feedbackID(p *journal.Place, e *entry) string {
	return eventID(p, e.receivedAt, string([]byte{byte(e.state)}))
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
