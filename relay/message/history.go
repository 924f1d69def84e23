package message

import (
	"cmp"
	"slices"
	"time"
)

// History is what the gateway knows of a message. A time that is zero is not known, or of what has not happened.
type History struct {
	Account      string
	From, To     Address // as submitted; only of the owner of a message_id: normalised
	SubmittedAt  time.Time
	Number       uint16
	Standing     Standing
	Reference    *uint16 // user_message_reference
	WantsReceipt bool    // the ESME asked the SMSC for one
	Trail        Trail
	State        State
	Total        uint8         // parts; 0: a message of its own
	Parts        []HistoryPart // that the SMSC has accepted: of a message of its own, one
	DeliveredAt  time.Time     // when the SMSC's receipt came
	FailedAt     time.Time     // when a receipt came that says so
	NotReadAt    time.Time     // when the receiver last said that it has not read it yet
	ReadAt       time.Time     // by the receiver's clock
	ReceivedAt   time.Time     // when the read response came in
	Way          string        // in which it came: http, nats, …
	ReadableTill time.Time     // a read response that comes later is refused
	Told         Told
}

// HistoryPart is a part of a message.
type HistoryPart struct {
	Seq   uint8  // from 1; 0: a message of its own
	ID    string // message_id, as the SMSC's response has it
	State State
}

// Standing says how much the ledger knows of a message.
type Standing uint8

// What the ledger may know.
const (
	Numbered   Standing = iota // all
	Replaced                   // whose its message_id is: a later message of the conversation has its number
	Unnumbered                 // whose its message_id is: it has no number
)

// Told says what became of the feedback on a message.
type Told struct {
	State  ToldState
	Event  string    // of the feedback; empty: there is none
	At     time.Time // when the ESME took it, or it became a dead letter
	Reason string    // why it is a dead letter
	Letter uint64    // the ID of the dead letter
	By     Session   // of the ESME that took it
}

// ToldState is how far the feedback on a message got.
type ToldState uint8

// How far feedback may get.
const (
	ToldNothing    ToldState = iota // the message was not read
	ToldUnknown                     // there is too much feedback to look through, or it cannot be looked at now
	ToldWaiting                     // it waits for the ESME
	ToldDone                        // the ESME has taken it
	ToldDead                        // it is a dead letter
	ToldOff                         // the account gets none
	ToldSuperseded                  // the SMSC's receipt had been told in its place
	ToldTaken                       // a consumer of the account's own has taken it
	ToldGone                        // it is nowhere: somebody dropped it
)

var toldNames = [...]string{"", "unknown", "waiting", "told", "dead", "off", "superseded", "taken", "gone"}

func (s ToldState) String() string { return toldNames[s] }

// HistoryEvent is something that happened to a message.
type HistoryEvent struct {
	At   time.Time
	What Happening
}

// Happening is what happened to a message.
type Happening string

// What may happen to a message.
const (
	HappenedSubmit  Happening = "submitted"      // the ESME sent it
	HappenedAccept  Happening = "accepted"       // the SMSC answered
	HappenedDeliver Happening = "delivered"      // the SMSC's receipt came
	HappenedFail    Happening = "failed"         // the SMSC's receipt came: it will not be delivered
	HappenedExpire  Happening = "expired"        // the same, because it was too late
	HappenedNotRead Happening = "not_read"       // the receiver said: not yet
	HappenedRead    Happening = "read"           // the read response came in
	HappenedDelete  Happening = "deleted_unread" // the same, for a message that was deleted
	HappenedTold    Happening = "told"           // the ESME took the feedback
	HappenedDead    Happening = "dead_letter"    // the feedback was given up
)

// Events returns what happened to a message, in the order of time.
func (h *History) Events() []HistoryEvent {
	read := HappenedRead
	if h.State == StateDeletedUnread {
		read = HappenedDelete
	}
	told := HappenedTold
	if h.Told.State == ToldDead {
		told = HappenedDead
	}
	fail := HappenedFail // also of a message that was said to have expired, and went further
	if h.State == StateExpired {
		fail = HappenedExpire
	}
	all := []HistoryEvent{
		{h.SubmittedAt, HappenedSubmit},
		{h.AcceptedAt(), HappenedAccept},
		{h.FailedAt, fail},
		{h.DeliveredAt, HappenedDeliver},
		{h.NotReadAt, HappenedNotRead},
		{h.ReceivedAt, read},
		{h.Told.At, told},
	}
	all = slices.DeleteFunc(all, func(e HistoryEvent) bool { return e.At.IsZero() })
	slices.SortStableFunc(all, func(a, b HistoryEvent) int { return a.At.Compare(b.At) })
	return all
}

// AcceptedAt returns when the SMSC answered; zero if that is not known.
func (h *History) AcceptedAt() time.Time {
	if h.Trail == (Trail{}) {
		return time.Time{}
	}
	return h.SubmittedAt.Add(time.Duration(h.Trail.Answered) * time.Millisecond)
}

// CompareHistories orders histories from the newest to the oldest.
func CompareHistories(a, b *History) int {
	return cmp.Or(b.SubmittedAt.Compare(a.SubmittedAt), cmp.Compare(b.Number, a.Number), cmp.Compare(a.Account, b.Account))
}
