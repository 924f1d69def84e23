package gateway

import (
	"context"

	"readback/internal/numbering"
	"readback/relay"
	"readback/relay/journal"
	"readback/relay/message"
)

// WholeLedger gives the numbers and learns what became of them.
type WholeLedger interface {
	numbering.Ledger
	Accept(s *relay.Sent, messageID []byte, w relay.Waiter, token uint64)
	AcceptCut(s *relay.Sent, c relay.Cut, w relay.Waiter, token uint64)
	Receipt(c message.Conversation, messageID []byte, state message.State)
	PartOf(key []byte, receiver message.Addr) (journal.CutPart, bool)
	PartIDs(c message.Conversation, id, key []byte) [][]byte
	Merge(p journal.CutPart, r message.PartReceipt, done func(*message.Merged, error))

	// Of shared mode: which account a message_id belongs to.
	Route(account string, id []byte, w relay.Waiter, token uint64)
	Routed(id []byte) (account string, ok bool)
	AwaitRoute(ctx context.Context, id []byte) (account string, ok bool)
}
