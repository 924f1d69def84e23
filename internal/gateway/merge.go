package gateway

import (
	"bytes"
	"context"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/smpp"
	"readback/smpp/receipt"
)

// receiptPath is where a receipt came from and would go.
type receiptPath interface {
	container
	// account is whose message it is about; empty if that is not known.
	account() string
	// forward passes a receipt on to the ESME; the answer is the ESME's.
	forward(m smpp.Message) error
	// reply answers it in the ESME's stead.
	reply(f smpp.Frame, status pdu.Status) error
}

// takeReceipt takes the receipt r in m if it is about a part of a message which the gateway
// has cut, or may be about one that is under way: the ESME knows the whole only, and gets
// one receipt, when all parts have theirs. It reports whether it has taken it.
func (g *Gateway) takeReceipt(ctx context.Context, m smpp.Message, r *receipt.Receipt, later aside, p receiptPath) (taken bool) {
	c, ok := receiptConversation(m)
	if len(r.ID) == 0 || !ok {
		return false
	}
	key := receipt.Key(g.opt.IDs.OfReceipt(r.ID))
	flights := g.underway.of(c) // asked first: one may land in between
	if part, ok := g.ledger.PartOf(key, c.Receiver); ok {
		g.merge(part, m, r, p)
		return true
	}
	if len(flights) == 0 {
		return false
	}
	f := bytes.Clone(m.Frame)
	later.try(func() {
		wait, cancel := context.WithTimeout(ctx, earlyTime)
		defer cancel()
		landed := land(wait, flights)
		part, ok := g.ledger.PartOf(key, c.Receiver)
		m, r, isReceipt := readAgain(f)
		switch {
		case !isReceipt:
		case ok:
			g.merge(part, m, &r, p)
		case !landed: // it may still be of a part
			g.refuseReceipt(f, p)
		case g.holdReceipt(ctx, p.account(), m, &r, later, p):
		default:
			g.noteReceipt(m, &r)
			_ = p.forward(m) // a side that has gone is the business of whoever runs it
		}
	}, func() { g.refuseReceipt(f, p) })
	return true
}

// refuseReceipt has the SMSC keep a receipt that may be of a part.
func (g *Gateway) refuseReceipt(f smpp.Frame, p receiptPath) {
	g.metrics.merged.WithLabelValues("refused").Inc()
	_ = p.reply(f, smpp.StatusTempApp) // an SMSC that is gone needs no answer
}

// merge adds the receipt r of a part to what the ledger knows. The receipt is answered when
// that is in the log; the last one goes on as the receipt of the whole message.
func (g *Gateway) merge(part journal.CutPart, m smpp.Message, r *receipt.Receipt, p receiptPath) {
	if !r.IsFinal() {
		// Of what is not final the ESME hears what concerns the message_id that it knows.
		if part.Seq == 1 {
			_ = p.forward(m)
			return
		}
		_ = p.reply(m.Frame, smpp.StatusOK)
		return
	}
	f := bytes.Clone(m.Frame)
	g.ledger.Merge(part, partReceipt(r.Part()), func(whole *message.Merged, err error) {
		// This is the ledger's goroutine: a panic would end the process.
		orRefuse(p, func() { g.merged(f, whole, err, p) }, func() { g.refuseReceipt(f, p) })
	})
	g.noteReceipt(m, r)
}

// partReceipt is p as the ledger keeps it.
func partReceipt(p receipt.Part) message.PartReceipt {
	return message.PartReceipt{State: byte(p.State), ID: p.ID, Err: p.Err, Network: p.Network, Text: p.Text}
}

// wholeReceipt makes the receipt of a whole message of m, the last one of its parts. One that
// would be too long stays as it is: the ESME may know what it means.
func wholeReceipt(m smpp.Message, whole *message.Merged) smpp.Message {
	f, ok := receipt.AppendWhole(nil, m, receipt.Part{
		State: receipt.State(whole.State), ID: whole.ID, Err: whole.Err, Network: whole.Network, Text: whole.Text,
	})
	if !ok {
		return m
	}
	if changed, err := smpp.ParseMessage(f); err == nil {
		return changed
	}
	return m
}

// merged passes the receipt f of a part on as that of the whole, if that is complete, or answers it.
func (g *Gateway) merged(f smpp.Frame, whole *message.Merged, err error, p receiptPath) {
	m, parseErr := smpp.ParseMessage(f)
	outcome, status := "merged", smpp.StatusOK
	switch {
	case err != nil || parseErr != nil:
		outcome, status = "refused", smpp.StatusTempApp
	case whole != nil && !whole.Wanted:
		outcome = "unwanted"
	case whole != nil:
		outcome = "passed"
	}
	g.metrics.merged.WithLabelValues(outcome).Inc()
	// A side that has gone is the business of whoever runs it.
	if outcome == "passed" {
		_ = p.forward(wholeReceipt(m, whole))
		return
	}
	_ = p.reply(f, status)
}

// earlyTime is how long a receipt may wait for the answer to its message: it may
// come first, on another bind.
const earlyTime = 5 * time.Second
