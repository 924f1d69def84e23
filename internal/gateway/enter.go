package gateway

import (
	"context"
	"errors"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/internal/admission"
	"readback/relay/message"
	"readback/smpp"
)

// admits returns ESME_ROK if a bind may be tried, else the status to refuse it with. The allow list comes
// first, so that nobody from elsewhere learns anything.
func (l *link) admits(ctx context.Context, b bind, t *account.Attempt) pdu.Status {
	acct := l.g.policies.of(b.account)
	refusal := acct.refuses(l.remote, l.shown)
	switch {
	case refusal != nil:
		l.refusedBind(b, refusal)
		t.Wrong()
		return smpp.StatusBindFailed
	case !l.mayAsk(ctx, t):
		l.refusedBind(b, errGuesses)
		t.Unjudged()
		return smpp.StatusThrottled
	case l.g.usages.IsFull(message.Shown(b.account)):
		l.refusedBind(b, errFull)
		t.Unjudged()
		return smpp.StatusAlreadyBound
	}
	return smpp.StatusOK
}

// mayAsk reports whether the SMSC may be asked about a bind. Others of its source may have to be judged before.
func (l *link) mayAsk(ctx context.Context, t *account.Attempt) (may bool) {
	l.closing.whileOpen(ctx, func(ctx context.Context) {
		l.esme.Await(ctx, func(ctx context.Context) { may = t.MayAsk(ctx) })
	})
	return may
}

// enter counts a bind that is granted until exit. If the account has as many sessions as it may, it returns
// the status to refuse the bind with.
func (l *link) enter(b bind) pdu.Status {
	u, ok := l.g.usages.Enter(message.Shown(b.account), l.g.policies.of(b.account).Limits)
	if !ok {
		l.refusedBind(b, errFull)
		return smpp.StatusAlreadyBound
	}
	l.usage, l.open = u, &u.Open
	l.submits = l.g.metrics.submits.account(message.Shown(b.account))
	return smpp.StatusOK
}

var errRefused = errors.New("bind refused")

// begin begins an attempt to bind. The ESME waits for us from now on.
func (l *link) begin(b *bind) *account.Attempt {
	l.place.Working()
	b.account = l.g.policies.Load().spelling(b.account)
	return l.g.attempts.Begin(account.Origin{Source: admission.SourceOf(l.remote), Account: message.Shown(b.account)})
}

// refuseBind refuses a bind when that is due, and closes the connection: whoever is refused has to connect
// again, so that the limits of connections count it.
func (l *link) refuseBind(ctx context.Context, f smpp.Frame, t *account.Attempt, status pdu.Status) error {
	l.awaitRefusal(ctx, t)
	err := l.refuse(f, status)
	l.esme.Finish(errRefused)
	return err
}

// awaitRefusal waits until a refusal is due, the ESME leaves, or the link takes nothing new. Meanwhile the
// connection gives way to others.
func (l *link) awaitRefusal(ctx context.Context, t *account.Attempt) {
	l.place.Refused()
	l.closing.whileOpen(ctx, func(ctx context.Context) { l.esme.Await(ctx, t.Wait) })
}

// exit takes the link out of its account.
func (l *link) exit() {
	if l.usage == nil {
		return
	}
	l.g.usages.Leave(l.usage)
	l.usage = nil
}

// logBound notes that the ESME is bound; from here on the log names the account.
func (l *link) logBound() {
	log := l.g.opt.Logger.With("remote", l.remote.String(), "session", uint32(l.id), "account", l.bind.account)
	log.Info("bound", "as", smpp.Command(l.bind.id))
	l.log.Store(log)
}
