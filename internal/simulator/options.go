package simulator

import (
	"log/slog"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
)

// Options say how an SMSC behaves. The zero value takes any bind, answers at
// once, keeps nothing and delivers to no handset: a fast sink.
type Options struct {
	// SystemID is the SMSC's own in bind_resp; empty stands for "SMSC".
	SystemID string
	// Accounts holds the password of each system_id; nil lets everybody bind.
	Accounts map[string]string
	// BindRefusal answers wrong credentials; zero stands for ESME_RINVSYSID and
	// ESME_RINVPASWD, whichever it is.
	BindRefusal pdu.Status
	// OmitVersion leaves sc_interface_version out of bind_resp, as old SMSCs do.
	OmitVersion bool
	// DecimalIDs makes message_ids decimal; they are hexadecimal otherwise.
	DecimalIDs bool
	// ResponseDelay is how long each answer to a message operation is held back.
	ResponseDelay time.Duration
	// Window is how many message operations of a session may be unanswered; one
	// more is refused with ESME_RTHROTTLED. Zero sets no limit.
	Window int
	// Sessions is how many sessions of an account may be bound; one more is refused with
	// ESME_RBINDFAIL. Zero sets no limit.
	Sessions int
	// PlainReceivers turns the magic receivers off; see Fault. They count only where React does not decide.
	PlainReceivers bool
	// DeliverAfter is how long a message stays ENROUTE, so that it can be queried,
	// replaced and cancelled. Zero delivers at once.
	DeliverAfter time.Duration
	// Network has the handsets that messages are delivered to; nil has none.
	Network *Network
	// NoReceipts sends no delivery receipts, though registered_delivery asks.
	NoReceipts bool
	// DeliverWindow is how many receipts a session may leave unanswered before the
	// rest waits; zero stands for 100.
	DeliverWindow int
	// FirstSeq is the first sequence_number of the SMSC's own requests on each
	// session. Zero stands for 20000000: common ESMEs count from 1 and match by
	// sequence_number alone.
	FirstSeq uint32
	// EnquireLink is how often each session is asked whether it is there; one that
	// has not answered by the next time is closed. Zero never asks.
	EnquireLink time.Duration
	// Keep is how many of the PDUs received are kept; the oldest go first.
	Keep int
	// OnFrame is called for each PDU received, on the session's read goroutine.
	// The frame is valid during the call only.
	OnFrame func(Record)
	// Answer, when it returns true, replaces the SMSC's own answer to a request, including
	// bind and unbind. Its result is sent unchanged, or nothing if it is empty. It is called
	// on the session's read goroutine. The frame is valid during the call only.
	Answer func(account string, f smpp.Frame) (response []byte, ok bool)
	// React chooses how a request is treated; ok is false for the usual way. The account of a bind is
	// the one that it asks for. Message operations that the bind does not allow are refused before.
	// It is called on the session's read goroutine. The frame is valid during the call only.
	React func(account string, f smpp.Frame) (r Reaction, ok bool)
	// OnSubmit is called for each submit_sm and data_sm of a bound session when it has been answered: what is
	// sent to the session from then on comes behind the answer. It is called at once if no answer is to come.
	// The frame is valid during the call only. Calls for one session may overlap if answers are delayed.
	OnSubmit func(Submitted)
	// Log gets the ends of sessions; nil discards.
	Log *slog.Logger
}

// Submitted is a submit_sm or data_sm, and what becomes of it.
type Submitted struct {
	Record
	MessageID string     // that the SMSC answers; empty if it does not accept the message
	Status    pdu.Status // that the SMSC answers
	Fate      Fate
}

const (
	defaultSystemID      = "SMSC"
	defaultDeliverWindow = 100
	defaultFirstSeq      = 0x20000000
)

// withDefaults returns the options with what was left empty filled in.
func (o Options) withDefaults() Options {
	if o.SystemID == "" {
		o.SystemID = defaultSystemID
	}
	if o.DeliverWindow == 0 {
		o.DeliverWindow = defaultDeliverWindow
	}
	if o.FirstSeq == 0 {
		o.FirstSeq = defaultFirstSeq
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}
