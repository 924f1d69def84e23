package gateway

import (
	"bytes"
	"context"

	"readback/relay/message"
	"readback/smpp"
)

// Holder keeps receipts.
type Holder interface {
	// HoldReceipt keeps the receipt f of a message, durably, until the message is read or the
	// account's time for that is over; false if the receipt is to pass.
	HoldReceipt(ctx context.Context, account string, c message.Conversation, messageID, f []byte) (held bool, err error)
}

// holdReceipt keeps back the SMSC's receipt of a delivery, where the account is to get one
// receipt for a message: ours, that it was read, or this one. It tells whether it has taken
// the receipt, which is answered when it is durable. An account that is not known has none.
func (g *Gateway) holdReceipt(ctx context.Context, account string, m smpp.Message, later aside, p receiptPath) (taken bool) {
	t := g.policies.of(account).Feedback
	if account == "" || !t.HoldReceipt || t.Form != FormReceipt || g.opt.Holder == nil || m.ESMClass()&smpp.ESMClassType != smpp.ESMClassReceipt {
		return false
	}
	id, state, ok := readReceipt(m)
	c, isOne := receiptConversation(m)
	if !ok || !isOne || state != message.StateDelivered {
		return false
	}
	f, id := bytes.Clone(m.Frame), bytes.Clone(id)
	later.try(func() {
		ctx, cancel := context.WithTimeout(ctx, earlyTime)
		defer cancel()
		held, err := g.opt.Holder.HoldReceipt(ctx, account, c, id, f)
		m, parseErr := smpp.ParseMessage(f)
		switch {
		case parseErr != nil: // it was read before
		case err != nil:
			g.opt.Logger.Warn("receipt is not held", "account", account, "error", err)
			err = p.reply(f, smpp.StatusTempApp)
		case held:
			err = p.reply(f, smpp.StatusOK)
		default:
			g.noteReceipt(m)
			err = p.forward(m)
		}
		_ = err // a side that has gone is the business of whoever runs it
	}, func() {
		_ = p.reply(f, smpp.StatusTempApp) // an SMSC that is gone needs no answer
	})
	return true
}
