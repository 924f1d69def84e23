package gateway

import (
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/relay/ledger"
	"readback/smpp"
)

// answered passes on the SMSC's answer: at once, unless the ledger must record it first.
func (l *link) answered(f smpp.Frame, to smscPending, arrived time.Time) error {
	r, accepted := to.Ref, f.Status() == smpp.StatusOK && f.ID() == smpp.ResponseID(to.ID)
	if r.sent != nil {
		l.g.metrics.answer.Observe(arrived.Sub(to.At).Seconds())
	}
	l.logUnnumbered(f, to)
	if r.skipped != nil {
		l.submits.last.answered(r.skipped, f, arrived)
	}
	switch {
	case r.group != nil:
		r.group.answered(l, f, r, accepted)
		return nil
	case accepted && (r.sent != nil || l.routes(to.ID)):
		hold, err := l.esme.ReplyHeld(f, to.Seq, arrived)
		held := heldAnswer{l.esme}
		if err != nil {
			held.esme = nil // the hold means nothing, or another answer
		}
		// The message is on its way even if its ESME has left: it will be read.
		l.record(f, to.ID, r, held, hold)
		return ignoreGone(err)
	case accepted && isSubmit(to.ID):
		l.noteForm(smpp.MessageID(f), nil)
		l.take(r, smpp.MessageID(f))
	}
	if r.sent != nil {
		l.noteRefused(r.sent, to.ID, to.Seq, refusedWith(f))
	}
	l.forget(r)
	return ignoreGone(l.esme.Reply(f, to.Seq, arrived))
}

// routes reports whether a message_id must find its way back to the account.
func (l *link) routes(id pdu.ID) bool {
	return l.g.pool != nil && isSubmit(id)
}

// record makes the ledger record a message that the SMSC accepted. The ledger calls w once, when all
// records of the message are in the log, or will not be soon.
func (l *link) record(f smpp.Frame, id pdu.ID, r *request, w ledger.Waiter, token uint64) {
	ledger, messageID := l.g.ledger, smpp.MessageID(f)
	l.noteForm(messageID, r.sent)
	if !l.routes(id) {
		ledger.Accept(r.sent, messageID, w, token)
		return
	}
	if r.sent != nil {
		ledger.Accept(r.sent, messageID, heldAnswer{}, 0) // the log keeps the order
	}
	l.take(r, messageID)
	ledger.Route(l.bind.account, r.place(), l.g.opt.IDs.OfResponse(messageID), w, token)
}

// take makes the ledger note that a message without a number has its message_id. In mirror mode only those
// are recorded that another message had before.
func (l *link) take(r *request, messageID []byte) {
	for i := range r.unnumbered {
		l.g.ledger.Take(l.bind.account, &r.unnumbered[i], messageID, l.g.pool != nil)
	}
}

// noteForm keeps how a message that the SMSC accepted was changed. sent is nil if it was not.
func (l *link) noteForm(messageID []byte, sent *ledger.Sent) {
	if sent == nil {
		l.g.sent.Forget(l.bind.account, messageID)
		return
	}
	l.g.sent.Note(l.bind.account, messageID, &sent.Conversation.Sender, &sent.Form)
}

// heldAnswer releases a held answer to the ESME when its record is in the log. Without esme it does
// nothing.
type heldAnswer struct{ esme *esmeSession }

// Logged releases the answer with this hold.
func (r heldAnswer) Logged(hold uint64) {
	if r.esme != nil {
		r.esme.Release(hold)
	}
}

// refuse answers a request of the ESME's that the gateway does not pass on.
func (l *link) refuse(f smpp.Frame, status pdu.Status) error {
	if !smpp.HasResponse(f.ID()) {
		return nil
	}
	defer l.unanswered.settle()
	if f.ID() == pdu.UnbindID {
		status = smpp.StatusOK // whatever happens, it leaves
	}
	err := l.esme.Reply(smpp.AppendRefusal(nil, f.ID(), status, f.Seq()), f.Seq(), time.Time{})
	if f.ID() == pdu.UnbindID {
		l.esme.Finish(smpp.ErrUnbound)
	}
	return err
}

// answerInStead answers a request of the ESME's in place of the SMSC, which never will. A request
// that is not known to have a response gets none.
func (l *link) answerInStead(p smscPending) {
	r := p.Ref
	defer l.containAnswer(r)
	defer l.unanswered.settle()
	if r.group != nil {
		r.group.answered(l, smpp.AppendRefusal(nil, p.ID, smpp.StatusSysErr, 0), r, false)
		return
	}
	l.forget(r)
	if smpp.Command(p.ID) == "other" {
		return
	}
	status := smpp.StatusSysErr
	if p.ID == pdu.UnbindID {
		status = smpp.StatusOK
	}
	// An ESME that is gone needs no answer.
	_ = l.esme.Reply(smpp.AppendRefusal(nil, p.ID, status, p.Seq), p.Seq, time.Time{})
	l.esme.Flush()
	if p.ID == pdu.UnbindID || smpp.IsBind(p.ID) {
		l.esme.Finish(errSMSCGone)
	}
}

// forget gives up a request that the SMSC did not accept. The ledger gets the number of a message
// back, and the ESME's read goroutine waits for the answer to a bind no longer.
func (l *link) forget(r *request) {
	switch {
	case r.sent != nil:
		l.g.ledger.Refuse(r.sent)
	case r.bind != nil:
		r.bind.settle()
	}
}
