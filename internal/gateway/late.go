package gateway

import (
	"log/slog"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
)

// When the SMSC does not answer in time, the gateway answers the ESME with ESME_RSYSERR and gives the
// request up. The SMSC may still accept the message, and then it will be delivered and read. So the
// session keeps the request (smpp.Session), and what the SMSC accepts late is recorded. The ESME
// learns nothing more of it.

// answeredLate takes the answer f to a request that was given up.
func (g *Gateway) answeredLate(log *slog.Logger, f smpp.Frame, to smscPending) {
	g.metrics.late.Inc()
	log.Warn("late answer of the SMSC", append([]any{
		"command", smpp.Command(f.ID()), "status", smpp.StatusName(f.Status()), "sequence", to.Seq, "message_id", messageIDText(f),
	}, to.Ref.about()...)...)
	r := to.Ref
	if r == nil || f.Status() != smpp.StatusOK || f.ID() != smpp.ResponseID(to.ID) {
		return // repeated, a request of the gateway's own, or not accepted
	}
	defer r.link.Contain()
	if r.group != nil {
		r.group.acceptedLate(r.link, f, r)
		return
	}
	r.link.recordLate(smpp.MessageID(f), to.ID, r)
}

// recordLate makes the ledger record a message that the SMSC accepted late, as the answer to r. Nobody
// waits for the record.
func (l *link) recordLate(messageID []byte, id pdu.ID, r *request) {
	l.noteForm(messageID, r.sent)
	if r.sent != nil {
		l.g.ledger.AcceptLate(r.sent, messageID)
	}
	l.take(r, messageID)
	if l.routes(id) {
		l.g.ledger.Route(l.bind.account, r.place(), l.g.opt.IDs.OfResponse(messageID), heldAnswer{}, 0)
	}
}
