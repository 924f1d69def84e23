package operator

import (
	"time"

	"readback/internal/gateway"
	"readback/internal/numbering"
	"readback/relay/message"
	"readback/smpp"
)

// Message is all that the gateway knows of a message, in JSON. Times that are missing are of what has not happened, or
// is not known. Addresses are as they were submitted, with a + in front of an international number. The receiver is masked
// unless it is asked for in full, and so is a sender that may be a subscriber.
type Message struct {
	Account     string    `json:"account"`
	Sender      string    `json:"sender,omitempty"`
	SenderTON   byte      `json:"sender_ton"`
	SenderNPI   byte      `json:"sender_npi"`
	Receiver    string    `json:"receiver,omitempty"`
	ReceiverTON byte      `json:"receiver_ton"`
	ReceiverNPI byte      `json:"receiver_npi"`
	SubmittedAt time.Time `json:"submitted_at"`

	// Known says how much is known of it: all; skipped: it has no number, and skip and reason say why; refused: the SMSC
	// refused it, and reason says so; unnumbered: it has no number, and only whose the message_id is is known; replaced: the
	// same, because a later message of the conversation has its number. Of the last two, submitted_at is the day.
	Known     string  `json:"known"`
	Number    *uint16 `json:"number,omitempty"`                 // missing if it has none
	State     string  `json:"state,omitempty"`                  // sent, expired, failed, delivered, read, deleted_unread
	Reference *uint16 `json:"user_message_reference,omitempty"` // as the ESME gave it
	Receipt   *bool   `json:"receipt_requested,omitempty"`      // whether the ESME asked for the SMSC's receipt; missing if that is not known

	// How it went its way; missing if that is not known, as of messages of an earlier release.
	Carriage string `json:"carriage,omitempty"` // of the number: udh, text, or other_part
	Split    bool   `json:"split,omitempty"`    // the gateway made the parts
	Session  uint32 `json:"session,omitempty"`  // of the ESME that sent it; they count anew with each start of the gateway

	Total int           `json:"total"` // of parts; 1: a message of its own
	Parts []MessagePart `json:"parts"` // that the SMSC has accepted

	AcceptedAt    time.Time `json:"accepted_at,omitzero"`  // when the SMSC answered: to the first part that it did
	FailedAt      time.Time `json:"failed_at,omitzero"`    // when a receipt came that says so
	DeliveredAt   time.Time `json:"delivered_at,omitzero"` // when the SMSC's receipt came
	NotReadAt     time.Time `json:"not_read_at,omitzero"`  // when the receiver last said: not yet
	Status        *uint8    `json:"status,omitempty"`      // of the read response: 1 read, 2 deleted unread
	ReadAt        time.Time `json:"read_at,omitzero"`      // by the receiver's clock
	ReceivedAt    time.Time `json:"received_at,omitzero"`  // when the read response came in
	Way           string    `json:"way,omitempty"`         // in which it came: http, nats, mqtt, sms, smpp
	ReadableUntil time.Time `json:"readable_until,omitzero"`

	Feedback *Feedback `json:"feedback,omitempty"` // missing if there is none

	// Of a message that is in memory, because it has no number.
	Skip     string `json:"skip,omitempty"`   // as in the metric readback_submits_total
	Reason   string `json:"reason,omitempty"` // the same in a sentence
	Command  string `json:"command,omitempty"`
	Sequence uint32 `json:"sequence,omitempty"` // sequence_number

	Events []Event `json:"events"` // the same in the order of time
}

// MessagePart is a part of a message, in JSON.
type MessagePart struct {
	Part      uint8  `json:"part"`            // from 1
	MessageID string `json:"message_id"`      // as the SMSC's response has it
	State     string `json:"state,omitempty"` // as of a message
}

// Feedback is what became of the feedback on a message, in JSON.
type Feedback struct {
	// State is waiting, told, dead (a dead letter), off (the account gets none), superseded (the SMSC's receipt was told in
	// its place), taken (by a consumer of the account's own), gone (somebody dropped it) or unknown.
	State   string    `json:"state"`
	Event   string    `json:"event"`             // its name in the queue and among the dead letters
	Form    string    `json:"form,omitempty"`    // in which the account is told now
	At      time.Time `json:"at,omitzero"`       // when it was told, or given up
	Reason  string    `json:"reason,omitempty"`  // why it was given up
	Letter  uint64    `json:"dead_id,omitempty"` // of the dead letter
	Session uint32    `json:"session,omitempty"` // of the ESME that took it
}

// Event is something that happened to a message, in JSON. Event is submitted, accepted, skipped, refused, delivered, failed, expired,
// not_read, read, deleted_unread, told or dead_letter. Others may come.
type Event struct {
	Time   time.Time `json:"time"`
	Event  string    `json:"event"`
	Detail string    `json:"detail,omitempty"` // a few words about it
}

// values of Message.Known
const (
	knownAll        = "all"
	knownSkipped    = "skipped"
	knownRefused    = refused
	knownUnnumbered = "unnumbered"
	knownReplaced   = "replaced"
)

// refused says that the SMSC refused a message.
const refused = "refused"

var knownNames = map[message.Standing]string{message.Numbered: knownAll, message.Unnumbered: knownUnnumbered, message.Replaced: knownReplaced}

// messageJSON returns a message that the ledger knows. form says in what form an account is told.
func messageJSON(h *message.History, form func(account string) string) Message {
	m := Message{
		Account: message.Shown(h.Account), Sender: h.From.Written(), SenderTON: h.From.TON, SenderNPI: h.From.NPI,
		Receiver: h.To.Written(), ReceiverTON: h.To.TON, ReceiverNPI: h.To.NPI, SubmittedAt: h.SubmittedAt,
		Known: knownNames[h.Standing], Reference: h.Reference,
		Carriage: h.Trail.Carriage.String(), Split: h.Trail.Split, Session: uint32(h.Trail.Session), AcceptedAt: h.AcceptedAt(), Total: max(1, int(h.Total)), Parts: []MessagePart{},
		FailedAt: h.FailedAt, DeliveredAt: h.DeliveredAt, Way: h.Way, NotReadAt: h.NotReadAt, ReadAt: h.ReadAt, ReceivedAt: h.ReceivedAt, ReadableUntil: h.ReadableTill,
		Events: []Event{},
	}
	if h.Standing != message.Unnumbered {
		m.Number = &h.Number
	}
	isAll := h.Standing == message.Numbered
	for _, p := range h.Parts {
		part := MessagePart{Part: max(1, p.Seq), MessageID: message.Shown(p.ID)}
		if isAll {
			part.State = p.State.String()
		}
		m.Parts = append(m.Parts, part)
	}
	if !isAll {
		return m
	}
	m.State, m.Receipt = h.State.String(), &h.WantsReceipt
	if h.State.IsFinal() {
		m.Status = statusOf(h.State)
		m.Feedback = &Feedback{
			State: h.Told.State.String(), Event: h.Told.Event, Form: form(h.Account), At: h.Told.At, Reason: message.Shown(h.Told.Reason), Letter: h.Told.Letter,
			Session: uint32(h.Told.By),
		}
	}
	for _, e := range h.Events() {
		m.Events = append(m.Events, Event{Time: e.At, Event: string(e.What), Detail: m.detail(e.What)})
	}
	return m
}

// statusOf returns the status of the read response that has set a state.
func statusOf(s message.State) *uint8 {
	status := uint8(message.StatusRead)
	if s == message.StateDeletedUnread {
		status = message.StatusDeletedUnread
	}
	return &status
}

// skippedJSON returns a message that is in memory, because it has no number.
func skippedJSON(s *gateway.Skipped) Message {
	at := s.Time.UTC().Truncate(time.Millisecond)
	m := Message{
		Account: s.Account, Sender: s.From, SenderTON: s.FromTON, SenderNPI: s.FromNPI, Receiver: s.To, ReceiverTON: s.ToTON, ReceiverNPI: s.ToNPI,
		SubmittedAt: at, Receipt: &s.WantsReceipt, Known: knownSkipped, Total: 1, Parts: []MessagePart{},
		Session: uint32(s.Session), Command: smpp.Command(s.Command), Sequence: s.Sequence,
	}
	m.Skip, m.Reason = skipOf(s)
	m.Events = []Event{{Time: at, Event: string(message.HappenedSubmit), Detail: m.detail(message.HappenedSubmit)}}
	if s.Skip == numbering.Numbered {
		m.Known = knownRefused
	} else {
		m.Events = append(m.Events, Event{Time: at, Event: knownSkipped, Detail: m.Skip})
	}
	if s.MessageID != "" {
		m.Parts = append(m.Parts, MessagePart{Part: 1, MessageID: s.MessageID})
	}
	switch answered := s.Answered.UTC().Truncate(time.Millisecond); s.Status {
	case "":
	case smpp.StatusName(smpp.StatusOK):
		m.AcceptedAt = answered
		m.Events = append(m.Events, Event{Time: answered, Event: string(message.HappenedAccept), Detail: m.detail(message.HappenedAccept)})
	default:
		m.Events = append(m.Events, Event{Time: answered, Event: refused, Detail: s.Status})
	}
	return m
}

// mask hides subscribers' numbers.
func (m *Message) mask() {
	m.Sender, m.Receiver = message.MaskSender(m.Sender), message.Mask(m.Receiver)
}
