package gateway

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/numbering"
	"readback/relay"
	"readback/smpp"
)

// request is what comes back with an answer of the SMSC: whose it is.
type request struct {
	link *link
	sent *relay.Sent // what the ledger knows it by, if it is numbered
	bind *bind       // what it asks for, if it is a bind

	whole whole        // what it is one part of, if it was split
	n     int          // which part, from 0
	to    smpp.Address // the receiver of that part
}

// upstream is the way to the SMSC: a session of the link's own, or the pool.
type upstream interface {
	// Send puts out a request and waits for room; see smpp.Session.
	Send(f smpp.Frame, arrived time.Time, r *request) error
	// TrySend is Send where the caller may not wait.
	TrySend(f smpp.Frame, arrived time.Time, r *request) error
	// TrySendOver is TrySend that minds no window.
	TrySendOver(f smpp.Frame, arrived time.Time, r *request) error
	// Flush lets what was put out leave.
	Flush()
}

// over reports whether the ESME's session is ending. Whatever becomes many requests to the SMSC looks
// at it before each of them, or the link would go on long after its ESME.
func (l *link) over() bool { return l.esme.State() == smpp.Closed }

// errOutbind ends a session on which somebody would have us bind to him.
var errOutbind = errors.New("outbind is not accepted")

// refuseOutbind notes who wants the gateway to bind to him (SMPP 3.4 §4.1.7), and
// ends the session: the SMSC's address is in the settings.
func (l *link) refuseOutbind() error {
	l.g.metrics.bindsRefused.WithLabelValues("outbind").Inc()
	l.log.Load().Warn("outbind refused", "reason", "the gateway binds to the configured SMSC only")
	return errOutbind
}

// forward passes on a request of a bound ESME.
func (l *link) forward(ctx context.Context, f smpp.Frame) error {
	if l.draining.Load() {
		return l.refuse(f, smpp.StatusThrottled)
	}
	account := l.g.policies.of(l.bind.account)
	l.unanswered.awaitRoom(account.Window, l.closing, l.scratch.Waiting)
	id := f.ID()
	if id == pdu.CancelSMID && l.cancelWhole(f) {
		return nil
	}
	if id != pdu.SubmitSMID && id != pdu.DataSMID && id != pdu.SubmitMultiID {
		return l.pass(f, l.untracked)
	}
	var to smpp.Multi
	receivers := 1
	if id == pdu.SubmitMultiID {
		if m, err := smpp.ParseMulti(f); err == nil {
			to, receivers = m, max(1, len(m.To)) // a list is one at least
		}
	}
	switch {
	case !l.usage.Admit(l.closing, receivers, l.scratch.Waiting):
		return l.refuse(f, smpp.StatusThrottled)
	case id != pdu.SubmitMultiID && l.takeAck(ctx, f, account.MayRead):
		return nil
	case id != pdu.SubmitMultiID:
		return l.submit(f, account.Policy)
	case account.SplitMulti && account.When != numbering.Off && to.Splits():
		return l.splitMulti(to, account.Policy)
	case account.When != numbering.Off:
		l.g.metrics.skips[numbering.Multi].Inc()
	}
	return l.pass(f, l.untracked)
}

// submit gives a message its number, if it is to have one, and passes it on.
func (l *link) submit(f smpp.Frame, policy numbering.Policy) error {
	out, sent, skip := l.number(f, policy)
	if sent == nil && skip == numbering.NoRoom && policy.Overflow == numbering.SplitNoRoom {
		var s *numbering.Segments
		if s, skip = l.g.intercept.Cut(&l.scratch, l.bind.account, policy, f); s != nil {
			l.split(f, s, nil)
			return nil
		}
	}
	l.count(skip)
	if status := policy.Refusal(skip, sent); status != smpp.StatusOK {
		return l.refuse(f, status)
	}
	if sent == nil {
		return l.pass(out, l.untracked)
	}
	return l.pass(out, &request{link: l, sent: sent})
}

// number gives f its number; sent is nil if the ledger is to be told nothing. The frame is
// valid until the next call.
func (l *link) number(f smpp.Frame, policy numbering.Policy) (out smpp.Frame, sent *relay.Sent, skip numbering.Skip) {
	out, sent, skip = l.g.intercept.Submit(&l.scratch, l.bind.account, policy, f)
	if sent == nil {
		return out, nil, skip
	}
	kept := *sent
	l.scratch.Assigned = &kept
	return out, &kept, skip
}

// count notes whether a message got its number.
func (l *link) count(skip numbering.Skip) {
	l.g.metrics.skips[skip].Inc()
	if skip != numbering.Numbered {
		l.log.Load().Debug("unnumbered", "skip", skip.String())
	}
}

// pass sends f to the SMSC. If that is gone the ESME is told, as with all that
// was under way.
func (l *link) pass(f smpp.Frame, r *request) error {
	err := l.up.Send(f, l.esme.Arrived(), r)
	l.scratch.Assigned = nil // r is told of
	if err != nil {
		l.forget(r)
		return l.refuse(f, smpp.StatusSysErr)
	}
	return nil
}

// forget notes that the SMSC did not take a request, nor refuse it: the ledger
// learns of a message, who waits for a bind waits no more.
func (l *link) forget(r *request) {
	switch {
	case r.sent != nil:
		l.g.ledger.Refuse(r.sent)
	case r.bind != nil:
		r.bind.settle()
	}
}

// refuse answers a request of the ESME's ourselves.
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

// answered passes on the SMSC's answer: at once, unless the ledger must know
// of it first.
func (l *link) answered(f smpp.Frame, to smscPending, arrived time.Time) error {
	r, accepted := to.Ref, f.Status() == smpp.StatusOK && f.ID() == smpp.ResponseID(to.ID)
	if r.sent != nil {
		l.g.metrics.answer.Observe(arrived.Sub(to.At).Seconds())
	}
	switch {
	case r.whole != nil:
		r.whole.answered(l, f, r, accepted)
		return nil
	case accepted && (r.sent != nil || l.routes(to.ID)):
		hold, err := l.esme.ReplyHeld(f, to.Seq, arrived)
		held := released{l.esme}
		if err != nil {
			held.esme = nil // the hold means nothing, or another answer
		}
		// The message is on its way even if its ESME has left: it will be read.
		l.record(f, to.ID, r, held, hold)
		return ignoreGone(err)
	}
	l.forget(r)
	return ignoreGone(l.esme.Reply(f, to.Seq, arrived))
}

// routes reports whether a message_id must find its way back to the account.
func (l *link) routes(id pdu.ID) bool {
	return l.g.pool != nil && (id == pdu.SubmitSMID || id == pdu.DataSMID || id == pdu.SubmitMultiID)
}

// record tells the ledger of a message that the SMSC accepted; w is told once, when
// all of it is in the log.
func (l *link) record(f smpp.Frame, id pdu.ID, r *request, w relay.Waiter, token uint64) {
	ledger, messageID := l.g.ledger, messageID(f)
	if !l.routes(id) {
		ledger.Accept(r.sent, messageID, w, token)
		return
	}
	if r.sent != nil {
		ledger.Accept(r.sent, messageID, released{}, 0) // the log keeps the order
	}
	ledger.Route(l.bind.account, l.g.opt.IDs.OfResponse(messageID), w, token)
}

// messageID is the message_id of a submit_sm_resp (SMPP 3.4 §4.4.2).
func messageID(f smpp.Frame) []byte {
	id, _, _ := bytes.Cut(f.Body(), []byte{0})
	return id
}

// released lets a held answer go when its record is in the log; without an ESME
// there is none.
type released struct{ esme *esmeSession }

func (r released) Logged(hold uint64) {
	if r.esme != nil {
		r.esme.Release(hold)
	}
}

// answerInStead answers a request of the ESME's that the SMSC never will. A
// request that is not known to have a response gets none.
func (l *link) answerInStead(p smscPending) {
	r := p.Ref
	defer l.containAnswer(r)
	defer l.unanswered.settle()
	if r.whole != nil {
		r.whole.answered(l, smpp.AppendRefusal(nil, p.ID, smpp.StatusSysErr, 0), r, false)
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
