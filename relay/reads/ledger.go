package reads

import (
	"context"

	"readback/relay/journal"
	"readback/relay/message"
)

// Ledger is what this package uses of the ledger of the numbers.
type Ledger interface {
	// IsUp reports whether records can be appended.
	IsUp() bool
	// Outstanding returns the senders that have assigned number to receiver without the index
	// knowing it yet. A sender that is not zero is the only one in question. The channel is closed
	// when that has changed; it is nil if there are no such senders.
	Outstanding(receiver, sender *message.Addr, number uint16) (senders []message.Addr, changed <-chan struct{})
	// Standing returns a function that reports whether the number of a message of the conversation
	// stands for this message now, and for none that was sent later.
	Standing(c *message.Conversation) (stands func(*journal.Place) bool, err error)
	// Submit appends a record, and returns when its outcome is known.
	Submit(ctx context.Context, k journal.Kind, appendTo func(dst []byte) []byte) message.Verdict
	// Append is Submit in two steps: wait returns when the outcome of the record is known.
	Append(k journal.Kind, appendTo func(dst []byte) []byte) (wait func(ctx context.Context) message.Verdict)
	// Enqueue queues a record, and does not wait.
	Enqueue(k journal.Kind, appendTo func(dst []byte) []byte) error
	// CatchUp returns when the index has what was reported as logged.
	CatchUp()
}
