package receipts

import (
	"bytes"
	"context"
	"slices"
	"time"

	"readback/internal/background"
	"readback/internal/crash"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/smpp"
	"readback/smpp/receipt"
)

// TakePart takes the receipt r in m if it is about a part of a message that the gateway
// has split, or may be about a part of one that is in transit. The ESME knows the whole message
// only, and gets one receipt, when all parts have theirs. taken is false if the receipt is about no part.
func (h *Handler) TakePart(ctx context.Context, m smpp.Message, r *receipt.Receipt, later background.Runner, p Path) (taken bool) {
	if len(r.ID) == 0 {
		return false
	}
	c := ConversationOf(m)
	key := receipt.Key(h.opt.IDs.OfReceipt(r.ID))
	transits, named := h.transits.of(c, key) // asked first: one may end in between
	account := p.Account()
	named = slices.DeleteFunc(named, func(t *Transit) bool { return !t.mayBeOf(account, c) })
	if len(named) > 0 { // the ledger knows a message that had the id before, if any
		transits = named
	} else if part, ok := h.opt.Ledger.PartOf(account, c, key); ok {
		h.merge(part, m, r, p)
		return true
	}
	if len(transits) == 0 {
		return false
	}
	f := bytes.Clone(m.Frame)
	later.Try(func() {
		wait, cancel := context.WithTimeout(ctx, MaxWait)
		defer cancel()
		ended := awaitEnd(wait, transits)
		part, ok := h.opt.Ledger.PartOf(p.Account(), c, key)
		m, r, isReceipt := Parse(f)
		switch {
		case !isReceipt:
		case ok:
			h.merge(part, m, &r, p)
		case !ended: // it may still be of a part
			h.refuse(f, p)
		case h.Hold(ctx, p.Account(), m, &r, later, p):
		default:
			_ = p.Forward(m, f) // what runs a session sees its end
		}
	}, func() { h.refuse(f, p) })
	return true
}

// refuse makes the SMSC keep a receipt that may be of a part.
func (h *Handler) refuse(f smpp.Frame, p Path) {
	h.merged.WithLabelValues("refused").Inc()
	_ = p.Reply(f, smpp.StatusTempApp) // an SMSC that is gone needs no answer
}

// merge adds the receipt r of a part to what the ledger knows. The receipt is answered when
// that is in the log; the last one goes on as the receipt of the whole message.
func (h *Handler) merge(part journal.SplitPart, m smpp.Message, r *receipt.Receipt, p Path) {
	if !r.IsFinal() {
		// The ESME gets one that is not final only of the part whose message_id it knows.
		if part.Seq == 1 {
			_ = p.Forward(m, nil)
			return
		}
		_ = p.Reply(m.Frame, smpp.StatusOK)
		return
	}
	f := bytes.Clone(m.Frame)
	h.opt.Ledger.Merge(part, partReceipt(r.Part()), func(whole *message.Merged, err error) {
		// This is the ledger's goroutine: a panic would end the process.
		crash.OrRefuse(p, func() { h.passMerged(f, whole, err, p) }, func() { h.refuse(f, p) })
	})
}

// partReceipt returns p as the ledger keeps it.
func partReceipt(p receipt.Part) message.PartReceipt {
	return message.PartReceipt{State: byte(p.State), ID: p.ID, Err: p.Err, Network: p.Network, Text: p.Text}
}

// wholeReceipt makes the receipt of a whole message of m, the last one of its parts. If it would be too
// long, it goes without the beginning of the message. One that is still too long stays as it is: the ESME
// may know what it means.
func wholeReceipt(m smpp.Message, whole *message.Merged) smpp.Message {
	part := receipt.Part{
		State: receipt.State(whole.State), ID: whole.ID, Err: whole.Err, Network: whole.Network, Text: whole.Text,
	}
	f, ok := receipt.AppendWhole(nil, m, part)
	if !ok {
		part.Text = ""
		f, ok = receipt.AppendWhole(nil, m, part)
	}
	if !ok {
		return m
	}
	if changed, err := smpp.ParseLenient(f); err == nil {
		return changed
	}
	return m
}

// passMerged passes the receipt f of a part on as that of the whole, if that is complete, or answers it.
// A receipt that is answered here is noted at once.
func (h *Handler) passMerged(f smpp.Frame, whole *message.Merged, err error, p Path) {
	m, parseErr := smpp.ParseLenient(f)
	outcome, status := "merged", smpp.StatusOK
	switch {
	case err != nil || parseErr != nil:
		outcome, status = "refused", smpp.StatusTempApp
	case whole != nil && !whole.Wanted:
		outcome = "unwanted"
	case whole != nil:
		outcome = "passed"
	}
	h.merged.WithLabelValues(outcome).Inc()
	// What runs a session sees its end.
	if outcome == "passed" {
		_ = p.Forward(wholeReceipt(m, whole), f)
		return
	}
	h.Answered(p.Account(), f, status, 0)
	_ = p.Reply(f, status)
}

// MaxWait is how long a receipt may wait for the answer to its message: it may
// come first, on another bind.
const MaxWait = 5 * time.Second
