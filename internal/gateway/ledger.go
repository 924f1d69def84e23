package gateway

import (
	"context"

	"readback/internal/numbering"
	"readback/internal/receipts"
	"readback/relay"
	"readback/relay/message"
)

// WholeLedger gives the numbers and learns what became of them.
type WholeLedger interface {
	numbering.Ledger
	receipts.Ledger
	Accept(s *relay.Sent, messageID []byte, w relay.Waiter, token uint64)
	AcceptCut(s *relay.Sent, c relay.Cut, w relay.Waiter, token uint64)
	PartIDs(c message.Conversation, id, key []byte) [][]byte

	// Of shared mode: which account a message_id belongs to.
	Route(account string, id []byte, w relay.Waiter, token uint64)
	Routed(id []byte) (account string, ok bool)
	AwaitRoute(ctx context.Context, id []byte) (account string, ok bool)
}
