package receipts

import (
	"bytes"
	"context"

	"readback/internal/background"
	"readback/smpp"
	"readback/smpp/receipt"
)

// Hold takes the receipt r in m, which the SMSC has sent, if it is about a delivery and the account
// is to get one receipt for a message: the gateway's, that it was read, or this one. Hold answers the
// receipt when it is stored. taken is false if the receipt is not to be held, which is so if account
// is empty.
func (h *Handler) Hold(ctx context.Context, account string, m smpp.Message, r *receipt.Receipt, later background.Runner, p Path) (taken bool) {
	if account == "" || h.opt.Hold == nil || !h.opt.IsHeld(account) {
		return false
	}
	if r.Intermediate || len(r.ID) == 0 || r.State != receipt.Delivered {
		return false
	}
	c, f, id := ConversationOf(m), bytes.Clone(m.Frame), bytes.Clone(r.ID)
	later.Try(func() {
		ctx, cancel := context.WithTimeout(ctx, MaxWait)
		defer cancel()
		held, err := h.opt.Hold(ctx, account, c, id, f)
		m, _, isReceipt := Parse(f)
		switch {
		case !isReceipt:
		case err != nil:
			h.opt.Logger.Warn("receipt is not held", "account", account, "message_id", string(id), "sender", string(c.Sender.Bytes()), "receiver", string(c.Receiver.Bytes()), "error", err)
			err = p.Reply(f, smpp.StatusTempApp)
		case held:
			err = p.Reply(f, smpp.StatusOK)
		default:
			err = p.Forward(m, f)
		}
		_ = err // what runs a session sees its end
	}, func() {
		_ = p.Reply(f, smpp.StatusTempApp) // an SMSC that is gone needs no answer
	})
	return true
}
