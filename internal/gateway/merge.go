package gateway

import (
	"bytes"
	"context"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/relay"
	"readback/relay/journal"
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

// takeReceipt takes a receipt that is about a part of a message which the gateway has
// cut, or may be about one that is under way: the ESME knows the whole only, and gets
// one receipt, when all parts have theirs. It tells whether it has taken it.
func (g *Gateway) takeReceipt(ctx context.Context, m smpp.Message, later aside, p receiptPath) (taken bool) {
	id := receiptID(m)
	c, ok := receiptConversation(m)
	if id == nil || !ok {
		return false
	}
	key := receipt.Key(g.opt.IDs.OfReceipt(id))
	flights := g.underway.of(c) // asked first: one may land in between
	if part, ok := g.ledger.PartOf(key, c.Receiver); ok {
		g.merge(part, m, p)
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
		m, err := smpp.ParseMessage(f)
		switch {
		case err != nil: // it was read before
		case ok:
			g.merge(part, m, p)
		case !landed: // it may still be of a part
			g.refuseReceipt(f, p)
		case g.holdReceipt(ctx, p.account(), m, later, p):
		default:
			g.noteReceipt(m)
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

// merge has the ledger know of the receipt of a part. It is answered when that is in the
// log; the last one goes on as the receipt of the whole.
func (g *Gateway) merge(part journal.CutPart, m smpp.Message, p receiptPath) {
	state, isFinal := receiptState(m)
	if !isFinal {
		// Of what is not final the ESME hears what concerns the message_id that it knows.
		if part.Seq == 1 {
			_ = p.forward(m)
			return
		}
		_ = p.reply(m.Frame, smpp.StatusOK)
		return
	}
	f := bytes.Clone(m.Frame)
	g.ledger.Merge(part, partReceipt(m, state), func(whole *relay.Merged, err error) {
		// This is the ledger's goroutine: a panic would end the process.
		orRefuse(p, func() { g.merged(f, whole, err, p) }, func() { g.refuseReceipt(f, p) })
	})
	g.noteReceipt(m)
}

// merged passes the receipt f of a part on as that of the whole, if that is complete, or answers it.
func (g *Gateway) merged(f smpp.Frame, whole *relay.Merged, err error, p receiptPath) {
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
