package gateway

import (
	"bytes"
	"context"

	"readback/internal/background"
	"readback/smpp"
	"readback/smpp/receipt"
)

// holdReceipt keeps back the SMSC's receipt r of a delivery, where the account is to get one
// receipt for a message: ours, that it was read, or this one. It reports whether it has taken
// the receipt, which is answered when it is durable. An account that is not known has none.
func (h *receiptHandler) holdReceipt(ctx context.Context, account string, m smpp.Message, r *receipt.Receipt, later background.Runner, p receiptPath) (taken bool) {
	if account == "" || h.opt.Hold == nil || !h.opt.IsHeld(account) {
		return false
	}
	c, ok := receiptConversation(m)
	if !ok || r.Intermediate || len(r.ID) == 0 || r.State != receipt.Delivered {
		return false
	}
	f, id := bytes.Clone(m.Frame), bytes.Clone(r.ID)
	later.Try(func() {
		ctx, cancel := context.WithTimeout(ctx, earlyTime)
		defer cancel()
		held, err := h.opt.Hold(ctx, account, c, id, f)
		m, r, isReceipt := readAgain(f)
		switch {
		case !isReceipt:
		case err != nil:
			h.opt.Logger.Warn("receipt is not held", "account", account, "error", err)
			err = p.reply(f, smpp.StatusTempApp)
		case held:
			err = p.reply(f, smpp.StatusOK)
		default:
			h.noteReceipt(m, &r)
			err = p.forward(m)
		}
		_ = err // a side that has gone is the business of whoever runs it
	}, func() {
		_ = p.reply(f, smpp.StatusTempApp) // an SMSC that is gone needs no answer
	})
	return true
}
