package gateway

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/deliver"
	"readback/relay/feedback"
	"readback/relay/ledger"
	"readback/relay/message"
	"readback/smpp"
)

// DeliverFunc calls tell, for a session of account, with feedback until ctx ends, and returns when the last
// tell has returned.
type DeliverFunc func(ctx context.Context, account string, session message.Session, tell message.Teller) error

// SentFunc notes that a session has sent the message with a number, and is to get the feedback on it.
type SentFunc func(c *message.Conversation, number uint16, session message.Session)

// noteSender notes that the feedback on a message is for the session that sent it. A session that cannot
// receive gets none. Only the goroutine that passes messages on calls it.
func (l *link) noteSender(s *ledger.Sent) {
	if l.g.opt.Sent == nil || !l.bind.state.CanReceive() {
		return
	}
	if t := &l.submitter.account().Feedback; t.Form != deliver.NoSession && !t.AnySession {
		l.g.opt.Sent(&s.Conversation, s.Number, l.id)
	}
}

// feedbackToESME gives the ESME of a link the feedback of its account.
type feedbackToESME struct{ *link }

// serve waits for the bind, and then delivers feedback until ctx or gone ends. It does so only while
// the account gets its feedback by sessions.
func (l feedbackToESME) serve(ctx, gone context.Context) {
	defer l.Contain()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(gone, cancel)
	defer stop()
	select {
	case <-gone.Done():
	case <-l.bound:
	}
	if l.g.opt.Deliver == nil || !l.bind.state.CanReceive() {
		return
	}
	for ctx.Err() == nil {
		changed := l.g.policies.next()
		if l.bySession() {
			l.deliver(ctx, gone)
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// deliver delivers the account's feedback until ctx ends, or until other policies are in force and the
// account gets its feedback by another way. What the ESME has been sent by then waits for its answer, unless
// gone has ended: without the answer it would be sent again.
func (l feedbackToESME) deliver(ctx, gone context.Context) {
	delivering, end := context.WithCancelCause(context.WithoutCancel(ctx))
	endNow := func() {
		if gone.Err() != nil {
			end(nil)
		}
		end(feedback.ErrNoMore)
	}
	defer endNow()
	defer context.AfterFunc(ctx, endNow)()
	defer l.g.policies.watch(func() {
		if !l.bySession() {
			endNow()
		}
	})()
	if !l.bySession() {
		return
	}
	if err := l.g.opt.Deliver(delivering, l.bind.account, l.id, l.send); err != nil && ctx.Err() == nil {
		l.log.Load().Error("feedback stopped for this session", "error", err)
	}
	<-delivering.Done() // also when it has stopped by itself
}

// bySession reports whether the account gets its feedback by sessions. It is not inlined because its copy of an
// Account would stay on the stack of each link.
//
//go:noinline
func (l feedbackToESME) bySession() bool {
	return l.g.policies.of(l.bind.account).Feedback.Form != deliver.NoSession
}

// send delivers one feedback to the ESME and returns when it has answered: nil
// for ESME_ROK, a message.Permanent error for a refusal that is meant for good.
func (l feedbackToESME) send(ctx context.Context, fb *message.Feedback) (err error) {
	defer l.contain(&err)
	t := l.g.policies.of(l.bind.account).Feedback
	if t.Form == deliver.NoSession {
		return errOtherWay
	}
	f, err := deliver.DeliverSM(fb, &t, l.bind.version)
	if len(fb.Receipt) > 0 {
		f, err = fb.Receipt, nil // as it came
	}
	if err != nil {
		return message.Permanent(err)
	}
	err = smpp.NameStatus(l.esme.Call(ctx, f))
	var status pdu.Status
	switch {
	case errors.As(err, &status) && !smpp.Temporary(status):
		return message.Permanent(err)
	case errors.Is(err, smpp.ErrNoAnswer), errors.Is(err, context.DeadlineExceeded):
		return message.Unanswered(err)
	}
	return err
}

// contain ends the link and makes the feedback that panicked a dead letter, so that it does not end
// the next session as well. send defers it.
func (l feedbackToESME) contain(err *error) {
	if v := recover(); v != nil {
		l.panicked(v, debug.Stack())
		*err = message.Permanent(fmt.Errorf("panic: %v", v))
	}
}

// errOtherWay is the error of a feedback whose account has got another form meanwhile.
var errOtherWay = errors.New("the account is not told by SMPP any more")
