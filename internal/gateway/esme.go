package gateway

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/smpp"
)

// fromESME handles what the ESME of a mirror link sends.
type fromESME struct{ *link }

// Request passes a request on to the SMSC; a message by way of the interceptor.
func (l fromESME) Request(ctx context.Context, f smpp.Frame) error {
	l.g.metrics.ofESMEs.count(l.id, f)
	l.unanswered.begin(f)
	switch {
	case smpp.IsBind(f.ID()):
		return l.bindToSMSC(ctx, f)
	case f.ID() == pdu.OutbindID:
		return l.refuseOutbind()
	case l.smsc == nil: // unbind before any bind
		return l.refuse(f, smpp.StatusInvBindState)
	}
	return l.submitter.forward(ctx, f)
}

// bindToSMSC opens the link's connection to the SMSC, unless an earlier bind that
// was refused did, and passes the bind on.
func (l fromESME) bindToSMSC(ctx context.Context, f smpp.Frame) error {
	b, err := readBind(f)
	if err != nil {
		l.g.lines.Warn(l.log.Load(), "bind refused", err.Error())
		return l.refuse(f, smpp.StatusInvCmdLen)
	}
	if l.draining.Load() {
		return l.refuse(f, smpp.StatusSysErr)
	}
	attempt := l.begin(&b)
	if status := l.admits(ctx, b, attempt); status != smpp.StatusOK {
		return l.refuseBind(ctx, f, attempt, status)
	}
	if l.smsc == nil {
		if err := l.dial(ctx); err != nil {
			attempt.Unjudged()
			if !errors.Is(err, errInterrupted) {
				l.log.Load().Error("SMSC cannot be reached", "account", b.account, "error", err)
				defer l.esme.Finish(errSMSCGone)
			}
			return l.refuse(f, smpp.StatusSysErr)
		}
	}
	b.answered, b.once = make(chan struct{}), new(sync.Once)
	if l.smsc.Send(f, l.esme.Arrived(), &request{link: l.link, bind: &b}) != nil {
		attempt.Unjudged()
		return l.refuse(f, smpp.StatusSysErr)
	}
	// What an eager ESME sends behind its bind waits, as it does at an SMSC.
	l.smsc.Flush()
	<-b.answered
	return l.bindJudged(ctx, &b, attempt)
}

// bindJudged notes what the SMSC has decided about a bind. A refusal is passed on when it is due.
func (l fromESME) bindJudged(ctx context.Context, b *bind, t *account.Attempt) error {
	switch {
	case b.granted:
		t.Right()
		return nil
	case b.refusal == nil: // the gateway has answered instead
		t.Unjudged()
		return nil
	case isWrong(b.refusal.Status()):
		t.Wrong()
		l.awaitRefusal(ctx, t)
	default:
		t.Unjudged()
	}
	l.place.Silent()
	return ignoreGone(l.esme.Reply(b.refusal, b.seq, time.Time{}))
}

// The statuses with which an SMSC says what is wrong about a bind (SMPP 3.4 §5.1.3).
const (
	statusInvPaswd pdu.Status = 0x0E
	statusInvSysID pdu.Status = 0x0F
)

// isWrong reports whether an SMSC says that the system_id or the password of a bind is wrong.
func isWrong(s pdu.Status) bool {
	return s == smpp.StatusBindFailed || s == statusInvPaswd || s == statusInvSysID
}

// errInterrupted is why a dial ended whose connection nobody waits for any more.
var errInterrupted = errors.New("interrupted")

// dial opens the link's connection to the SMSC. It returns errInterrupted when the ESME leaves, or
// the gateway stops, before the connection is there.
func (l fromESME) dial(ctx context.Context) (err error) {
	var conn net.Conn
	l.closing.whileOpen(ctx, func(ctx context.Context) {
		l.esme.Await(ctx, func(ctx context.Context) {
			if conn, err = l.g.opt.Dial(ctx, l.g.opt.SMSC); err != nil && ctx.Err() != nil {
				err = errInterrupted
			}
		})
	})
	if err != errInterrupted {
		l.g.smscNews.note(err)
	}
	if err != nil {
		return err
	}
	l.smsc = l.g.newSMSCSession(conn, l.link)
	l.show(l.smsc, conn)
	l.submitter.up = l.smsc
	l.dialed <- l.smsc
	return nil
}

// Response passes the ESME's answer on to the SMSC.
func (l fromESME) Response(f smpp.Frame, to esmePending) error {
	l.g.metrics.ofESMEs.count(l.id, f)
	l.noteReceipt(f, to)
	err := to.Ref.Reply(f, to.Seq, l.esme.Arrived())
	if to.ID == pdu.UnbindID {
		to.Ref.Finish(smpp.ErrUnbound)
		l.esme.Finish(smpp.ErrUnbound)
	}
	return ignoreGone(err)
}

// noteReceipt notes a delivery receipt that the ESME has answered, if f answers one. Feedback on its message
// waits for that. So it does not overtake a receipt that the ESME refuses, and gets again.
func (l *link) noteReceipt(f smpp.Frame, to esmePending) {
	status := f.Status()
	if f.ID() == pdu.GenericNACKID && status == smpp.StatusOK {
		status = smpp.StatusSysErr // it accepts nothing
	}
	if to.Ref.receipt != nil {
		l.g.receipts.Answered(l.bind.account, to.Ref.receipt, status, l.id)
	}
}

// Late passes an answer of the ESME's on to the SMSC, which may still wait for it. An answer to our own
// feedback stays here.
func (l fromESME) Late(f smpp.Frame, to esmePending) error {
	l.g.metrics.ofESMEs.count(l.id, f)
	if to.Ref.smscSession == nil || to.ID == pdu.UnbindID {
		return nil
	}
	l.noteReceipt(f, to)
	return ignoreGone(to.Ref.Reply(f, to.Seq, l.esme.Arrived()))
}

// Expired does nothing: the ESME may answer yet, and the SMSC has a timer of its own. Only an unbind
// is answered in place of the ESME.
func (l fromESME) Expired(to esmePending) {
	l.g.metrics.expired.WithLabelValues("esme").Inc()
	if to.ID == pdu.UnbindID {
		giveBack(to)
		l.esme.Finish(smpp.ErrUnbound)
	}
}

// Idle lets what was passed on leave.
func (l fromESME) Idle() {
	if l.smsc != nil {
		l.smsc.FlushNow()
	}
}
