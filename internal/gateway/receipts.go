package gateway

import (
	"context"
	"log/slog"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/crash"
	"readback/internal/metric"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/smpp"
	"readback/smpp/receipt"
)

// receiptHandler decides what becomes of the delivery receipts that the SMSC sends. The receipt of
// a part is merged into the one of the whole message, which is takeReceipt. One that the ESME
// is to get only if its message is not read is kept back, which is holdReceipt. The caller
// passes on all others, and has them noted in the ledger by noteReceipt.
type receiptHandler struct {
	opt      receiptOptions
	merged   *prometheus.CounterVec
	transits transits
}

// receiptOptions are what a receiptHandler works with.
type receiptOptions struct {
	Ledger receiptLedger
	IDs    receipt.IDs
	IsHeld func(account string) bool // reports whether the account's receipts of deliveries are kept back
	Hold   HoldFunc                  // keeps them; nil: they pass

	Logger     *slog.Logger
	Registerer prometheus.Registerer // for the metrics; nil: none are kept
}

// receiptLedger is the part of the ledger that receipts need.
type receiptLedger interface {
	// Receipt notes the state of a message.
	Receipt(c message.Conversation, messageID []byte, state message.State)
	// PartOf finds the part of a message by the key of its message_id.
	PartOf(key []byte, receiver message.Addr) (journal.CutPart, bool)
	// Merge adds the receipt of a part. It calls done when that is in the log, with the receipt
	// of the whole message if this was the last part.
	Merge(p journal.CutPart, r message.PartReceipt, done func(*message.Merged, error))
}

// HoldFunc keeps the receipt f of a message, durably, until the message is read or the
// account's time for that is over. held is false if the receipt is to pass.
type HoldFunc func(ctx context.Context, account string, c message.Conversation, messageID, f []byte) (held bool, err error)

// receiptPath is where a receipt came from and would go.
type receiptPath interface {
	crash.Container
	// account is whose message it is about; empty if that is not known.
	account() string
	// forward passes a receipt on to the ESME; the answer is the ESME's.
	forward(m smpp.Message) error
	// reply answers it in the ESME's stead.
	reply(f smpp.Frame, status pdu.Status) error
}

func newReceiptHandler(o receiptOptions) *receiptHandler {
	return &receiptHandler{
		opt: o,
		merged: metric.With(o.Registerer).CounterVec(metric.Opts{
			Name: "readback_part_receipts_total", Help: "Receipts of parts by what became of them: merged, passed (the last one, as that of the whole), unwanted, refused.",
			Labels: []string{"outcome"}, Detail: "`merged`: others are to come. `unwanted`: the ESME did not ask for this outcome. `refused`: for now, since the ledger is away, too many wait, or a message that it may be about takes over 5 s.",
			Look: "`refused` rises; `passed` and `unwanted` stay far below `readback_splits_total{outcome=\"accepted\"}`: receipts do not come, or do not find their part",
		}),
		transits: transits{by: make(map[message.Conversation][]*transit)},
	}
}
