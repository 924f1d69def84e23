package gateway

import (
	"context"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/internal/pool"
	"readback/smpp"
)

// fromAccount handles what an ESME sends in shared mode, where the gateway itself decides who may
// bind, and sends by the pool.
type fromAccount struct{ *link }

// Request answers binds and unbinds, and passes everything else on.
func (l fromAccount) Request(ctx context.Context, f smpp.Frame) error {
	l.g.metrics.ofESMEs.count(l.id, f)
	l.unanswered.begin(f)
	switch id := f.ID(); {
	case smpp.IsBind(id):
		return l.bindHere(ctx, f)
	case id == pdu.OutbindID:
		return l.refuseOutbind()
	case id == pdu.UnbindID && l.submitter.up == nil: // before any bind
		return l.refuse(f, smpp.StatusOK)
	case !l.g.gate.Command(l.log.Load(), id):
		return l.refuseCommand(f)
	case operations[id].refused != 0:
		return l.operate(ctx, f)
	}
	return l.submitter.forward(ctx, f)
}

// bindHere checks who binds and answers.
func (l fromAccount) bindHere(ctx context.Context, f smpp.Frame) error {
	b, err := readBind(f)
	if b.missing > 1 { // more than the end of address_range
		err = errBind
	}
	if err != nil {
		l.g.lines.Warn(l.log.Load(), "bind refused", err.Error())
		return l.refuse(f, smpp.StatusInvCmdLen)
	}
	attempt := l.begin(&b)
	if status := l.mayBind(ctx, attempt, b); status != smpp.StatusOK {
		return l.refuseBind(ctx, f, attempt, status)
	}
	l.submitter.up = l.g.pool
	l.bind = b
	l.esme.SetState(b.state)
	l.place.Bind()
	l.logBound()
	err = l.esme.Reply(l.bindResp(f, b), f.Seq(), time.Time{})
	l.unanswered.settle()
	if b.state.CanReceive() {
		l.g.members.join(l.link) // behind the answer, so that nothing overtakes it
	}
	close(l.bound)
	return err
}

// mayBind returns ESME_ROK if the bind is granted, else the status to refuse it with. From an address
// that the account does not allow, and without the account's certificate, every password is wrong.
func (l fromAccount) mayBind(ctx context.Context, t *account.Attempt, b bind) pdu.Status {
	acct, listed := l.g.policies.Load().named(b.account)
	refusal, hash := acct.refuses(l.remote, l.shown), acct.PasswordHash
	if refusal != nil {
		hash = nil
	}
	var err error
	l.closing.whileOpen(ctx, func(ctx context.Context) {
		err = l.g.authenticator.Check(ctx, l.esme.Await, t, account.Credentials{Account: b.account, Password: b.password}, hash)
	})
	status := smpp.StatusBindFailed
	switch {
	case l.draining.Load(): // the check may be cut short
		return smpp.StatusSysErr
	case err == account.ErrBusy, err == account.ErrLeft: // whether it is listed or not
		status = smpp.StatusSysErr
	case !listed:
		err = errNoAccount
	case refusal != nil:
		err = refusal
	case err != nil:
	case !l.g.pool.Up():
		err, status = pool.ErrDown, smpp.StatusSysErr
	default:
		return l.enter(b)
	}
	l.refusedBind(b, err)
	return status
}

// bindResp accepts a bind (SMPP 3.4 §4.1.2): with our system_id, and, to a peer
// that knows TLVs, our version.
func (l fromAccount) bindResp(f smpp.Frame, b bind) smpp.Frame {
	body := append([]byte(gatewayID), 0)
	if b.version >= smpp.InterfaceVersion34 {
		body = smpp.AppendTLV(body, smpp.TagScInterfaceVersion, []byte{smpp.InterfaceVersion34})
	}
	return append(smpp.AppendHeader(nil, smpp.ResponseID(f.ID()), smpp.StatusOK, f.Seq(), len(body)), body...)
}

// gatewayID is the system_id that the gateway gives in bind_resp.
const gatewayID = "readback"

// Response passes the ESME's answer on to the bind from which its request came.
func (l fromAccount) Response(f smpp.Frame, to esmePending) error {
	l.g.metrics.ofESMEs.count(l.id, f)
	l.noteReceipt(f, to)
	defer to.Ref.Flush()
	// An SMSC that is gone, or does not read, must not end the ESME's session.
	_ = to.Ref.Reply(f, to.Seq, l.esme.Arrived())
	return nil
}

// Late drops an answer of the ESME's: the SMSC has been told to keep the message.
func (l fromAccount) Late(f smpp.Frame, _ esmePending) error {
	l.g.metrics.ofESMEs.count(l.id, f)
	return nil
}

// Expired lets the SMSC keep a message that the ESME does not answer.
func (l fromAccount) Expired(to esmePending) {
	l.g.metrics.expired.WithLabelValues("esme").Inc()
	giveBack(to)
}

// giveBack makes the SMSC keep a message that the ESME never answered. It answers an unbind.
func giveBack(p esmePending) {
	if p.ID == pdu.UnbindID {
		unbound(p.Ref.smscSession, p.Seq)
		return
	}
	// A session that is gone gives back all it had.
	_ = p.Ref.Reply(smpp.AppendRefusal(nil, p.ID, smpp.StatusTempApp, p.Seq), p.Seq, time.Time{})
	p.Ref.Flush()
}

// Idle lets what was passed on leave.
func (l fromAccount) Idle() { l.g.pool.FlushNow() }
