package gateway

import (
	"bytes"
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"golang.org/x/sync/errgroup"

	"readback/internal/background"
	"readback/internal/crash"
	"readback/internal/pool"
	"readback/internal/receipts"
	"readback/relay/message"
	"readback/smpp"
	"readback/smpp/receipt"
)

// fromPool handles what the SMSC sends to one of the gateway's own sessions.
type fromPool struct {
	g       *Gateway
	bind    int // which of the gateway's binds, from 0
	session *smscSession
	waiting errgroup.Group // receipts and reads of subscribers; see maxBackground
}

// newPool makes the gateway's own sessions with the SMSC.
func (g *Gateway) newPool() *pool.Pool[*request] {
	return pool.New(pool.Options[*request]{
		Config: *g.opt.Shared, Dial: g.opt.Dial, Session: g.smscOptions(), Handler: g.newFromPool,
		Open:   func(r *request) *atomic.Int64 { return r.link.open },
		Logger: g.opt.Logger, Metrics: g.metrics.pool,
	})
}

func (g *Gateway) newFromPool(bind int, session *smscSession) pool.Handler[*request] {
	l := &fromPool{g: g, bind: bind, session: session}
	l.waiting.SetLimit(maxBackground)
	return l
}

// Request finds the account that a request is for. What has no receiver now is
// refused for now, and the SMSC keeps it.
func (l *fromPool) Request(ctx context.Context, f smpp.Frame) (err error) {
	crash.OrRefuse(l, func() { err = l.take(ctx, f) }, func() { err = l.refuse(f) })
	return err
}

func (l *fromPool) take(ctx context.Context, f smpp.Frame) error {
	l.g.metrics.ofSMSC.count(0, f)
	switch f.ID() {
	case pdu.UnbindID:
		err := l.session.Reply(smpp.AppendHeader(nil, pdu.UnbindRespID, 0, f.Seq(), 0), f.Seq(), time.Time{})
		l.session.Finish(smpp.ErrUnbound)
		return err
	case pdu.DeliverSMID, pdu.DataSMID:
		return l.route(ctx, f)
	case pdu.AlertNotificationID:
		l.alert(f)
		return nil
	}
	l.g.opt.Logger.Warn("request of the SMSC refused", "bind", l.bind, "command", smpp.Command(f.ID()), "sequence", f.Seq(), "reason", "it concerns no account")
	return l.session.Reply(smpp.AppendHeader(nil, pdu.GenericNACKID, smpp.StatusInvCmdID, f.Seq(), 0), f.Seq(), time.Time{})
}

// route passes on a deliver_sm or data_sm: a receipt to the account of its
// message, anything else to the account that has its destination_addr. It refuses for good only what has
// no address that can be read: nobody could ever say for whom it is.
func (l *fromPool) route(ctx context.Context, f smpp.Frame) error {
	m, err := smpp.ParseLenient(f)
	if err != nil {
		l.g.opt.Logger.Warn("request of the SMSC refused", "bind", l.bind, "command", smpp.Command(f.ID()), "sequence", f.Seq(), "reason", err)
		return l.session.Reply(smpp.AppendRefusal(nil, f.ID(), smpp.StatusInvMsgLen, f.Seq()), f.Seq(), time.Time{})
	}
	g := l.g
	command, seq := f.ID(), f.Seq()
	later := background.New(&l.waiting, l)
	r, isReceipt := receipt.Parse(m)
	if !isReceipt && g.subscriberReads.Take(ctx, m, later, func(status pdu.Status) {
		_ = l.answer(command, seq, status) // an SMSC that is gone needs no answer
	}) {
		return nil
	}
	if !isReceipt || len(r.ID) == 0 {
		account, _ := g.policies.Load().accountOf(m.To.Addr)
		return l.deliver(account, m, nil, l.session.Arrived())
	}
	c := receipts.ConversationOf(m)
	to := routedReceipt{l, c, bytes.Clone(g.opt.IDs.OfReceipt(r.ID))}
	if g.receipts.TakePart(ctx, m, &r, later, to) {
		return nil
	}
	if account, ok := g.ledger.Routed(c, to.id); ok {
		if g.receipts.Hold(ctx, account, m, &r, later, to) {
			return nil
		}
		return l.deliver(account, m, bytes.Clone(f), l.session.Arrived())
	}
	return l.deliverLater(ctx, bytes.Clone(f), to)
}

// deliverLater waits for the account of a receipt that came before the answer to
// its message. What is too much to wait for is refused at once.
func (l *fromPool) deliverLater(ctx context.Context, f smpp.Frame, to routedReceipt) error {
	later := background.New(&l.waiting, l)
	later.Try(func() {
		wait, cancel := context.WithTimeout(ctx, receipts.MaxWait)
		defer cancel()
		account, _ := l.g.ledger.AwaitRoute(wait, to.c, to.id)
		m, r, isReceipt := receipts.Parse(f)
		if !isReceipt {
			return
		}
		defer l.session.Flush()
		if l.g.receipts.Hold(ctx, account, m, &r, later, to) {
			return
		}
		_ = l.deliver(account, m, f, time.Time{}) // an SMSC that is gone needs no answer
	}, func() {
		defer l.session.Flush()
		_ = l.refuse(f)
	})
	return nil
}

// deliver hands m to a session of the account. noted is a copy of the receipt that it is, nil if it is none.
func (l *fromPool) deliver(account string, m smpp.Message, noted smpp.Frame, arrived time.Time) error {
	if l.g.members.send(account, m, origin{l.session, noted}, arrived) == nil {
		return l.refuse(m.Frame)
	}
	return nil
}

// routedReceipt is the receipts.Path to the account that a message_id belongs to.
type routedReceipt struct {
	*fromPool
	c  message.Conversation // as the addresses of the receipt say
	id []byte               // canonical
}

// Account returns the account of the message_id, empty if it is not known.
func (l routedReceipt) Account() string {
	account, _ := l.g.ledger.Routed(l.c, l.id)
	return account
}

// Forward passes a receipt on to a session of the account.
func (l routedReceipt) Forward(m smpp.Message, noted smpp.Frame) error {
	defer l.session.Flush()
	return l.deliver(l.Account(), m, noted, time.Time{})
}

// Reply answers the SMSC in place of the ESME.
func (l routedReceipt) Reply(f smpp.Frame, status pdu.Status) error {
	return l.answer(f.ID(), f.Seq(), status)
}

func (l *fromPool) answer(id pdu.ID, seq uint32, status pdu.Status) error {
	defer l.session.Flush()
	return ignoreGone(l.session.Reply(smpp.AppendDelivered(nil, id, status, seq), seq, time.Time{}))
}

func (l *fromPool) refuse(f smpp.Frame) error {
	if !smpp.HasResponse(f.ID()) {
		return nil
	}
	return ignoreGone(l.session.Reply(smpp.AppendRefusal(nil, f.ID(), smpp.StatusTempApp, f.Seq()), f.Seq(), time.Time{}))
}

// alert passes on an alert_notification by its esme_addr (SMPP 3.4 §4.12.1).
func (l *fromPool) alert(f smpp.Frame) {
	_, rest, _ := bytes.Cut(f.Body()[min(2, len(f.Body())):], []byte{0}) // source_addr
	addr, _, _ := bytes.Cut(rest[min(2, len(rest)):], []byte{0})
	account, ok := l.g.policies.Load().accountOf(addr)
	if !ok || !l.g.members.alert(account, f) {
		l.g.opt.Logger.Warn("alert_notification dropped", "reason", "nobody is bound who has its esme_addr")
	}
}

// Response passes the SMSC's answer on to the link whose request it answers.
func (l *fromPool) Response(f smpp.Frame, to smscPending) error {
	g := l.g
	g.metrics.ofSMSC.count(0, f)
	r := to.Ref
	defer r.link.containAnswer(r)
	defer r.link.unanswered.settle()
	defer r.link.esme.Flush()
	// An ESME that is gone, or does not read, must not end the others' session.
	_ = r.link.answered(f, to, l.session.Arrived())
	return nil
}

// Late takes an answer that comes after the ESME got another one from the gateway.
func (l *fromPool) Late(f smpp.Frame, to smscPending) error {
	l.g.metrics.ofSMSC.count(0, f)
	log := l.g.opt.Logger
	if to.Ref != nil {
		log = to.Ref.link.log.Load()
	}
	l.g.answeredLate(log.With("bind", l.bind), f, to)
	return nil
}

// Expired answers the ESME in place of the SMSC.
func (l *fromPool) Expired(to smscPending) {
	l.g.metrics.expired.WithLabelValues("smsc").Inc()
	to.Ref.link.log.Load().Warn("no answer of the SMSC", append([]any{"bind", l.bind}, aboutPending(to)...)...)
	to.Ref.link.answerInStead(to)
}

// Ended answers the ESMEs in place of the SMSC.
func (l *fromPool) Ended(reason error) {
	if p, ok := errors.AsType[*smpp.PanicError](reason); ok {
		l.panicked(p.Value, p.Stack)
	}
	_ = l.waiting.Wait() // they return no errors
	for _, p := range l.session.Abandoned() {
		l.g.pool.Forget(p.Ref)
		p.Ref.link.answerInStead(p)
	}
}

// Idle has nothing to do: answers are flushed as they are passed on.
func (l *fromPool) Idle() {}

// accountOf finds the account that has an address; the ranges do not overlap. An address that is longer
// than the standard allows can belong to a prefix only.
func (p *Policies) accountOf(addr []byte) (account string, ok bool) {
	isLong := len(addr) > message.MaxAddr
	normal, err := message.NormalAddr(addr[:min(len(addr), message.MaxAddr)])
	if err != nil {
		return "", false
	}
	text := normal.String()
	for name, a := range p.Accounts {
		for _, r := range a.Addresses {
			if r.Has(text) && (r.Prefix || !isLong) {
				return name, true
			}
		}
	}
	return "", false
}
