package feedback

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/message"
)

// Held is the SMSC's receipt of a delivery that waits for a read response to take its place.
type Held struct {
	ID           uint64
	Account      string
	Conversation message.Conversation // a field that is no address is the zero Addr
	Number       uint16
	MessageID    string // as the receipt has it
	Since, Until time.Time
}

// HeldReceipts returns up to limit receipts that are held, of an account or, if that is empty, of all: those with a higher
// ID than after, in their order. more reports whether there may be others.
func (hs *heldReceipts) HeldReceipts(ctx context.Context, account string, after uint64, limit int) (all []Held, more bool, err error) {
	stream, err := hs.js.Stream(ctx, heldStream)
	if err != nil {
		return nil, false, fmt.Errorf("stream %s: %w", heldStream, err)
	}
	subject := heldSubject + "*"
	if account != "" {
		subject = heldSubject + accountToken(account)
	}
	for range limit + 1 {
		m, err := stream.GetMsg(ctx, after+1, jetstream.WithGetMsgSubject(subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return all, false, nil
		}
		if err != nil {
			return nil, false, fmt.Errorf("held receipt after %d: %w", after, err)
		}
		if len(all) == limit {
			return all, true, nil
		}
		after = m.Sequence
		all = append(all, hs.held(m))
	}
	return all, true, nil
}

// held returns what a message of the stream holds. If it cannot be read, only its ID and time are known.
func (hs *heldReceipts) held(m *jetstream.RawStreamMsg) Held {
	var h heldReceipt
	if json.Unmarshal(m.Data, &h) != nil {
		return Held{ID: m.Sequence, Since: m.Time.UTC()}
	}
	h.Restore(h.texts()...)
	one := Held{
		ID: m.Sequence, Account: h.Account, Number: h.Number, MessageID: h.MessageID,
		Since: h.At.UTC(), Until: h.At.Add(hs.settings.Load().account(h.Account).HoldReceipt + heldMargin).UTC(),
	}
	one.Conversation.Sender, _ = message.NormalAddr(h.Sender)
	one.Conversation.Receiver, _ = message.NormalAddr(h.Receiver)
	return one
}
