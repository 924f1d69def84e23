package gateway

import (
	"bytes"
	"context"

	"readback/internal/deliver"
	"readback/relay/message"
	"readback/smpp"
	"readback/smpp/receipt"
)

// HoldFunc keeps the receipt f of a message, durably, until the message is read or the
// account's time for that is over. held is false if the receipt is to pass.
type HoldFunc func(ctx context.Context, account string, c message.Conversation, messageID, f []byte) (held bool, err error)

// holdReceipt keeps back the SMSC's receipt r of a delivery, where the account is to get one
// receipt for a message: ours, that it was read, or this one. It reports whether it has taken
// the receipt, which is answered when it is durable. An account that is not known has none.
func (g *Gateway) holdReceipt(ctx context.Context, account string, m smpp.Message, r *receipt.Receipt, later aside, p receiptPath) (taken bool) {
	t := g.policies.of(account).Feedback
	if account == "" || !t.HoldReceipt || t.Form != deliver.Receipt || g.opt.Hold == nil {
		return false
	}
	c, ok := receiptConversation(m)
	if !ok || r.Intermediate || len(r.ID) == 0 || r.State != receipt.Delivered {
		return false
	}
	f, id := bytes.Clone(m.Frame), bytes.Clone(r.ID)
	later.try(func() {
		ctx, cancel := context.WithTimeout(ctx, earlyTime)
		defer cancel()
		held, err := g.opt.Hold(ctx, account, c, id, f)
		m, r, isReceipt := readAgain(f)
		switch {
		case !isReceipt:
		case err != nil:
			g.opt.Logger.Warn("receipt is not held", "account", account, "error", err)
			err = p.reply(f, smpp.StatusTempApp)
		case held:
			err = p.reply(f, smpp.StatusOK)
		default:
			g.noteReceipt(m, &r)
			err = p.forward(m)
		}
		_ = err // a side that has gone is the business of whoever runs it
	}, func() {
		_ = p.reply(f, smpp.StatusTempApp) // an SMSC that is gone needs no answer
	})
	return true
}
