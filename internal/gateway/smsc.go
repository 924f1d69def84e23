package gateway

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/background"
	"readback/smpp"
	"readback/smpp/receipt"
)

// fromSMSC handles what the SMSC sends.
type fromSMSC struct {
	*link
	session *smscSession // whose requests and responses it handles
}

// Request passes a request on to the ESME. It never waits for it, since the
// ESME's side may wait for what the SMSC sends next: what has no room is refused
// for now, and the SMSC keeps it.
func (l fromSMSC) Request(ctx context.Context, f smpp.Frame) error {
	l.g.metrics.ofSMSC.count(l.id, f)
	if l.draining.Load() && f.ID() != pdu.UnbindID {
		return l.refuse(f)
	}
	m, isMessage := subscriberMessage(f)
	if !isMessage {
		return l.pass(f, origin{smscSession: l.session})
	}
	r, isReceipt := receipt.Parse(m)
	if isReceipt && l.takeReceipt(ctx, m, &r) || !isReceipt && l.takeRead(ctx, m) {
		return nil
	}
	from := origin{smscSession: l.session}
	if isReceipt {
		from.receipt = bytes.Clone(f)
	}
	return l.pass(f, from)
}

// pass passes f on to the ESME. If its window has no room for f, or it has left, pass answers the SMSC.
// Of an unbind the ESME learns nothing if the gateway unbinds it already.
func (l fromSMSC) pass(f smpp.Frame, from origin) error {
	switch err := l.esme.TrySend(f, l.session.Arrived(), from); {
	case err == nil:
		return nil
	case f.ID() == pdu.UnbindID && (errors.Is(err, smpp.ErrClosed) || errors.Is(err, smpp.ErrUnbinding)):
		unbound(l.session, f.Seq())
		return nil
	}
	return l.refuse(f)
}

// unbound answers the SMSC's unbind in place of an ESME that has left.
func unbound(s *smscSession, seq uint32) {
	// An SMSC that is gone needs no answer.
	_ = s.Reply(smpp.AppendHeader(nil, pdu.UnbindRespID, 0, seq, 0), seq, time.Time{})
	s.Finish(smpp.ErrUnbound)
}

// subscriberMessage views f if it is a message or a receipt for the ESME, as far as it can be read.
func subscriberMessage(f smpp.Frame) (smpp.Message, bool) {
	if f.ID() != pdu.DeliverSMID && f.ID() != pdu.DataSMID {
		return smpp.Message{}, false
	}
	m, err := smpp.ParseLenient(f)
	return m, err == nil
}

// takeRead takes a read response, which is not for the ESME.
func (l fromSMSC) takeRead(ctx context.Context, m smpp.Message) bool {
	id, seq := m.Frame.ID(), m.Frame.Seq()
	return l.g.subscriberReads.Take(ctx, m, l.later(), func(status pdu.Status) {
		_ = l.answer(id, seq, status) // an SMSC that is gone needs no answer
	})
}

// takeReceipt takes a receipt that the ESME does not get, or not yet: that of a part, or one that is
// to be held.
func (l fromSMSC) takeReceipt(ctx context.Context, m smpp.Message, r *receipt.Receipt) bool {
	return l.g.receipts.TakePart(ctx, m, r, l.later(), l) || l.g.receipts.Hold(ctx, l.bind.account, m, r, l.later(), l)
}

func (l fromSMSC) later() background.Runner { return background.New(&l.waiting, l.link) }

// Account returns the account of the link, which all receipts on its session are for.
func (l fromSMSC) Account() string { return l.bind.account }

// Forward passes a receipt on to the ESME.
func (l fromSMSC) Forward(m smpp.Message, noted smpp.Frame) error {
	defer l.esme.Flush()
	if l.draining.Load() || l.esme.TrySend(m.Frame, time.Time{}, origin{l.session, noted}) != nil {
		return l.Reply(m.Frame, smpp.StatusTempApp)
	}
	return nil
}

// Reply answers the SMSC in place of the ESME.
func (l fromSMSC) Reply(f smpp.Frame, status pdu.Status) error {
	return l.answer(f.ID(), f.Seq(), status)
}

func (l fromSMSC) answer(id pdu.ID, seq uint32, status pdu.Status) error {
	defer l.session.Flush()
	return ignoreGone(l.session.Reply(smpp.AppendDelivered(nil, id, status, seq), seq, time.Time{}))
}

// refuse answers a request of the SMSC's with "try again later".
func (l fromSMSC) refuse(f smpp.Frame) error {
	if !smpp.HasResponse(f.ID()) {
		return nil
	}
	return ignoreGone(l.session.Reply(smpp.AppendRefusal(nil, f.ID(), smpp.StatusTempApp, f.Seq()), f.Seq(), time.Time{}))
}

// Response passes the SMSC's answer on to the ESME.
func (l fromSMSC) Response(f smpp.Frame, to smscPending) error {
	r := to.Ref
	defer l.containAnswer(r)
	defer l.unanswered.settle()
	l.g.metrics.ofSMSC.count(l.id, f)
	if r.bind != nil {
		return l.bindAnswered(f, to, r.bind)
	}
	err := l.answered(f, to, l.session.Arrived())
	if to.ID == pdu.UnbindID {
		l.session.Finish(smpp.ErrUnbound) // first, or it would be asked again when the ESME has gone
		l.esme.Finish(smpp.ErrUnbound)
	}
	return err
}

// bindAnswered passes on the answer to a bind, and takes note if the SMSC accepted
// it. It leaves a refusal to the ESME's read goroutine, which may have to wait. The feedback begins behind that answer, so that none overtakes it.
func (l fromSMSC) bindAnswered(f smpp.Frame, to smscPending, b *bind) error {
	defer b.settle()
	granted := smpp.BindState(smpp.RequestID(f.ID()))
	if f.Status() != smpp.StatusOK || granted == 0 {
		l.g.metrics.countRefusedBind(errBySMSC)
		l.g.lines.Warn(l.log.Load(), "bind refused by the SMSC", smpp.StatusName(f.Status()), "account", b.account)
		b.refusal, b.seq = bytes.Clone(f), to.Seq
		return nil
	}
	b.granted = true
	if granted != b.state {
		l.log.Load().Warn("SMSC answers another bind", "account", b.account, "asked", smpp.Command(b.id), "answered", smpp.Command(f.ID()))
	}
	l.session.SetState(granted)
	if b.state = b.state.Common(granted); b.state == 0 {
		return l.bindUseless(to, smpp.StatusBindFailed, errOtherBind)
	}
	if status := l.enter(*b); status != smpp.StatusOK {
		return l.bindUseless(to, status, errFull)
	}
	l.bind = *b
	l.place.Bind()
	l.logBound()
	l.esme.SetState(b.state)
	err := l.esme.Reply(f, to.Seq, l.session.Arrived())
	close(l.bound)
	return ignoreGone(err)
}

// errOtherBind ends a link whose SMSC has bound it as something that the ESME did not ask for.
var errOtherBind = errors.New("the SMSC answers another bind")

// bindUseless refuses a bind that the SMSC has granted: as a transmitter one of a receiver, or the other
// way around, of which the ESME could use nothing; or one more than the account may have.
func (l fromSMSC) bindUseless(to smscPending, status pdu.Status, reason error) error {
	err := l.esme.Reply(smpp.AppendRefusal(nil, to.ID, status, to.Seq), to.Seq, time.Time{})
	l.esme.Finish(reason) // the SMSC is unbound then
	return ignoreGone(err)
}

// Late takes an answer that comes after the ESME got another one from the gateway.
func (l fromSMSC) Late(f smpp.Frame, to smscPending) error {
	l.g.metrics.ofSMSC.count(l.id, f)
	l.g.answeredLate(l.log.Load(), f, to)
	return nil
}

// Expired answers the ESME in place of the SMSC.
func (l fromSMSC) Expired(to smscPending) {
	l.g.metrics.expired.WithLabelValues("smsc").Inc()
	l.log.Load().Warn("no answer of the SMSC", aboutPending(to)...)
	l.answerInStead(to)
}

// Idle lets what was passed on leave.
func (l fromSMSC) Idle() { l.esme.FlushNow() }

// ignoreGone drops the error of a session that has ended. What runs that session sees its end.
func ignoreGone(err error) error {
	if errors.Is(err, smpp.ErrClosed) {
		return nil
	}
	return err
}
