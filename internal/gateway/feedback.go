package gateway

import (
	"context"
	"errors"
	"sync"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/deliver"
	"readback/relay"
	"readback/relay/message"
	"readback/smpp"
)

// DeliverFunc gives the feedback of account to tell until ctx ends.
type DeliverFunc func(ctx context.Context, account string, tell message.Teller) error

// deliver takes the account's feedback until ctx ends, or until policies, whose change
// closes changed, want it told elsewhere.
func (l *link) deliver(ctx context.Context, changed <-chan struct{}) {
	var delivery sync.WaitGroup
	defer delivery.Wait()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(relay.ErrNoMore)
	delivery.Go(func() {
		defer l.Contain()
		if err := l.g.opt.Deliver(ctx, l.bind.account, l.tell); err != nil && ctx.Err() == nil {
			l.log.Load().Error("feedback stopped for this session", "error", err)
		}
	})
	for {
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
		changed = l.g.policies.next()
		if l.g.policies.of(l.bind.account).Feedback.Form == deliver.NoSession {
			return
		}
	}
}

// tell delivers one feedback to the ESME and returns when it has answered: nil
// for ESME_ROK, a message.Permanent error for a refusal that is meant for good.
func (l *link) tell(ctx context.Context, fb *message.Feedback) (err error) {
	defer l.containTell(&err)
	t := l.g.policies.of(l.bind.account).Feedback
	if t.Form == deliver.NoSession {
		return errElsewhere
	}
	f, err := deliver.DeliverSM(fb, &t, l.bind.version)
	if len(fb.Receipt) > 0 {
		f, err = fb.Receipt, nil // as it came
	}
	if err != nil {
		return message.Permanent(err)
	}
	err = l.esme.Call(ctx, f)
	var status pdu.Status
	if errors.As(err, &status) && !smpp.Temporary(status) {
		return message.Permanent(err)
	}
	return err
}

// errElsewhere is of a feedback that was on its way when the account's form changed.
var errElsewhere = errors.New("the account is not told by SMPP any more")
