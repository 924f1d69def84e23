// Package receipts decides what becomes of a delivery receipt: it is noted in the ledger, held until
// its message is read, or merged into the receipt of the whole message.
package receipts

import (
	"context"
	"log/slog"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/crash"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/smpp"
	"readback/smpp/receipt"
)

// Handler decides what becomes of the delivery receipts that the SMSC sends. TakePart takes
// the receipts of parts, and Hold takes those that the ESME is to get only if their message is not
// read. The caller passes on all others, and calls Answered when the ESME has answered one of them.
type Handler struct {
	opt      Options
	merged   *prometheus.CounterVec
	transits transits
}

// Options of a Handler.
type Options struct {
	Ledger Ledger
	IDs    receipt.IDs               // how the SMSC writes message_ids
	IsHeld func(account string) bool // reports whether the account's receipts of deliveries are held
	Hold   HoldFunc                  // holds them; nil: they pass

	Logger     *slog.Logger
	Registerer prometheus.Registerer // for the metrics; nil: none are kept
}

// Ledger is the part of the ledger that receipts need.
type Ledger interface {
	// Receipt notes the state of a message of the account. A session has taken the receipt; zero: none has.
	Receipt(account string, c message.Conversation, messageID []byte, state message.State, by message.Session)
	// PartOf finds the part that a receipt of the account's is about, by its addresses and the key of its
	// message_id.
	PartOf(account string, c message.Conversation, key []byte) (journal.SplitPart, bool)
	// Merge adds the receipt of a part. It calls done when that is in the log, with the receipt
	// of the whole message if this was the last part.
	Merge(p journal.SplitPart, r message.PartReceipt, done func(*message.Merged, error))
}

// HoldFunc keeps the receipt f of a message, durably, until the message is read or the
// account's time for that is over. held is false if the receipt is to pass.
type HoldFunc func(ctx context.Context, account string, c message.Conversation, messageID, f []byte) (held bool, err error)

// Path is where a receipt came from and would go.
type Path interface {
	crash.Container
	// Account returns the account of the message that the receipt is about, empty if that is
	// not known.
	Account() string
	// Forward passes the receipt on to the ESME, and gives its answer to Answered, with noted. If noted is
	// nil, nobody needs the answer but the SMSC.
	Forward(m smpp.Message, noted smpp.Frame) error
	// Reply answers the receipt f in place of the ESME.
	Reply(f smpp.Frame, status pdu.Status) error
}

// New returns a Handler.
func New(o Options) *Handler {
	return &Handler{
		opt: o, merged: newMerged(o.Registerer),
		transits: transits{by: make(map[message.Conversation][]*Transit), ids: make(map[string][]*Transit)},
	}
}
