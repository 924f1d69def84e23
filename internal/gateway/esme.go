package gateway

import (
	"context"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/relay"
	"readback/smpp"
)

// fromESME handles what the ESME sends.
type fromESME struct{ *link }

// Request passes a request on to the SMSC; a submit_sm by way of the interceptor.
func (l fromESME) Request(f smpp.Frame) error {
	l.g.metrics.count(fromESMESide, f)
	id := f.ID()
	if smpp.HasResponse(id) {
		l.owed.Add(1) // before it looks whether the link drains; see waitSettled
	}
	switch {
	case smpp.IsBind(id):
		return l.bindToSMSC(f)
	case l.smsc == nil: // unbind before any bind
		return l.refuse(f, smpp.StatusInvBindState)
	case l.draining.Load() && id != pdu.UnbindID:
		return l.refuse(f, smpp.StatusThrottled)
	case id == pdu.SubmitSMID:
		return l.submit(f)
	case id == pdu.SubmitMultiID && l.g.policies.of(l.bind.account).When != Off:
		l.g.metrics.skips[Multi].Inc()
	}
	return l.pass(f, nil)
}

// submit gives a submit_sm its number, if it is to have one, and passes it on.
func (l fromESME) submit(f smpp.Frame) error {
	policy := l.g.policies.of(l.bind.account)
	out, sent, skip := l.g.intercept.Submit(&l.scratch, l.bind.account, policy, f)
	l.g.metrics.skips[skip].Inc()
	if skip == Numbered {
		return l.pass(out, sent)
	}
	l.log.Load().Debug("unnumbered", "skip", skip.String())
	switch {
	case skip == NoRoom && policy.RejectNoRoom:
		return l.refuse(f, smpp.StatusInvMsgLen)
	case skip == LedgerDown && policy.RejectOnFailure:
		return l.refuse(f, smpp.StatusSysErr)
	}
	return l.pass(f, nil)
}

// pass sends f to the SMSC. If that is gone the ESME is told, as with all that
// was under way, and will be unbound.
func (l fromESME) pass(f smpp.Frame, sent *relay.Sent) error {
	var ref any
	if sent != nil {
		kept := *sent
		ref = &kept
	}
	if err := l.smsc.Send(f, l.esme.Arrived(), ref); err != nil {
		l.refused(smpp.Pending{Ref: ref})
		return l.refuse(f, smpp.StatusSysErr)
	}
	return nil
}

// refuse answers a request ourselves.
func (l fromESME) refuse(f smpp.Frame, status pdu.Status) error {
	if !smpp.HasResponse(f.ID()) {
		return nil
	}
	defer l.settle()
	if f.ID() == pdu.UnbindID {
		status = smpp.StatusOK // whatever happens, it leaves
	}
	err := l.esme.Reply(smpp.AppendRefusal(nil, f.ID(), status, f.Seq()), f.Seq(), time.Time{})
	if f.ID() == pdu.UnbindID {
		l.esme.Finish(smpp.ErrUnbound)
	}
	return err
}

// bindToSMSC opens the link's connection to the SMSC, unless an earlier bind that
// was refused did, and passes the bind on.
func (l fromESME) bindToSMSC(f smpp.Frame) error {
	b, err := readBind(f)
	if err != nil {
		l.log.Load().Warn("bind refused", "reason", err)
		return l.refuse(f, smpp.StatusInvCmdLen)
	}
	if l.draining.Load() {
		return l.refuse(f, smpp.StatusSysErr)
	}
	if l.smsc == nil {
		conn, err := l.g.dial(context.Background())
		if err != nil {
			l.log.Load().Error("SMSC cannot be reached", "account", b.account, "error", err)
			defer l.esme.Finish(errSMSCGone)
			return l.refuse(f, smpp.StatusSysErr)
		}
		l.smsc = l.g.smscSession(conn)
		l.scratch.Waiting = l.smsc.Flush
		l.dialed <- l.smsc
	}
	b.smsc = l.smsc
	if err := l.smsc.Send(f, l.esme.Arrived(), &b); err != nil {
		return l.refuse(f, smpp.StatusSysErr)
	}
	return nil
}

// Response passes the ESME's answer on to the SMSC.
func (l fromESME) Response(f smpp.Frame, to smpp.Pending) error {
	l.g.metrics.count(fromESMESide, f)
	err := l.smsc.Reply(f, to.Seq, l.esme.Arrived())
	if to.ID == pdu.UnbindID {
		l.smsc.Finish(smpp.ErrUnbound)
		l.esme.Finish(smpp.ErrUnbound)
	}
	return ignoreGone(err)
}

// Unmatched passes a response that answers nothing as it came: the SMSC may know
// what it means. Only a late answer to our own feedback stays here.
func (l fromESME) Unmatched(f smpp.Frame, _ bool) error {
	l.g.metrics.count(fromESMESide, f)
	if l.smsc == nil || f.Seq() >= smpp.OwnSeq {
		return nil
	}
	return ignoreGone(l.smsc.Reply(f, f.Seq(), l.esme.Arrived()))
}

// Expired leaves the SMSC to its own timer: the ESME may yet answer. Only an
// unbind is answered in its stead.
func (l fromESME) Expired(to smpp.Pending) {
	l.g.metrics.expired.WithLabelValues("esme").Inc()
	if to.ID != pdu.UnbindID {
		return
	}
	// An SMSC that is gone needs no answer.
	_ = l.smsc.Reply(smpp.AppendHeader(nil, pdu.UnbindRespID, 0, to.Seq, 0), to.Seq, time.Time{})
	l.smsc.Finish(smpp.ErrUnbound)
	l.esme.Finish(smpp.ErrUnbound)
}

// Idle lets what was passed on leave.
func (l fromESME) Idle() {
	if l.smsc != nil {
		l.smsc.Flush()
	}
}
