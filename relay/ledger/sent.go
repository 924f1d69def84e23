package ledger

import (
	"time"

	"readback/relay/journal"
	"readback/relay/message"
)

// Sent is a tracked message on its way: made by the gateway, numbered by
// Partition.Assign, and handed to Accept or Refuse when the SMSC has
// answered or never will.
type Sent struct {
	Conversation message.Conversation
	Account      string          // system_id of the ESME
	From, To     message.Address // as submitted
	At           time.Time
	Until        time.Time // the SMSC may deliver it until then; zero: as long as it likes
	Reference    uint16    // user_message_reference, if HasReference
	HasReference bool
	WantsReceipt bool // the ESME asked the SMSC for a receipt of the delivery
	Part         message.Part
	Form         message.Form // how its user data goes on
	Carriage     message.Carriage
	Session      message.Session // of the ESME
	// Split is into how many parts the gateway splits the message; 0 if it does not. Assign
	// then gives the Ref of Part, one that no other message of the conversation has had
	// lately; Part.Wide says how long it is.
	Split uint8

	// Waiting, if not nil, is called when Assign is about to wait for the fate of
	// earlier messages: those that the caller has not yet let go must go now.
	Waiting func()

	Number  uint16 // given by Assign
	ordinal uint64 // which message of the conversation it is, from 0: it decides the number
	day     uint16 // under which it is filed, since 1970, UTC: of the first part's submission, or later (lasting.go)
	head    *head  // of its conversation, from Assign or Follow to Accept or Refuse
	follows bool   // it is a part without a number, of a message that may get one
}

// refer makes h the head that s goes on with, until its answer.
func (s *Sent) refer(h *head) {
	s.head = h
	h.refer()
}

// Place is where the entry of s stands.
func (s *Sent) Place() journal.Place {
	return journal.Place{Conv: s.Conversation, Day: s.day, Number: s.Number, Ordinal: s.ordinal}
}

// record returns the record of an accepted message.
func (s *Sent) record(bound uint64, messageID []byte) journal.Record {
	r := journal.Record{
		Place:        s.Place(),
		Bound:        bound,
		At:           s.At.UnixMilli(),
		MessageID:    messageID[:min(len(messageID), journal.MaxMessageID)],
		From:         s.From,
		To:           s.To,
		Reference:    s.Reference,
		HasReference: s.HasReference,
		WantsReceipt: s.WantsReceipt,
	}
	if s.isPart() {
		r.Part = s.Part
	}
	r.Trail = s.trail(time.Now())
	return r
}

// maxAnswered bounds the time to the SMSC's answer that is recorded. An answer that seems to take longer has met a change of
// the clock.
const maxAnswered = time.Hour

// trail says how s went its way. The SMSC has answered now.
func (s *Sent) trail(now time.Time) message.Trail {
	t := message.Trail{Carriage: s.Carriage, Split: s.Split > 1, Session: s.Session}
	if answered := now.Sub(s.At); s.Carriage != message.CarriageUnknown && answered > 0 && answered < maxAnswered {
		t.Answered = uint32(answered.Milliseconds())
	}
	return t
}

// owner is what s owns its message_id as.
func (s *Sent) owner(kind journal.OwnerKind) *journal.IDOwner {
	return &journal.IDOwner{
		Kind: kind, Account: s.Account, Place: s.Place(), Seq: s.seq(),
		Lasts: s.day - min(s.day, message.DayOf(s.At.UnixMilli())),
	}
}

// appendSent adds the record of an accepted message.
func (b *batch) appendSent(s *Sent, bound uint64, messageID []byte) {
	r := s.record(bound, messageID)
	b.changes = b.changes || s.isPart()
	b.buf = journal.AppendAccepted(b.buf, &r, s.Account)
}

// appendLate adds the record of an accepted message that comes late.
func (b *batch) appendLate(s *Sent, messageID []byte) {
	r := s.record(s.ordinal+1, messageID)
	b.buf = journal.AppendLate(b.buf, &r, s.Account)
}
