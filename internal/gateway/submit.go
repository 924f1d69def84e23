package gateway

import (
	"context"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/numbering"
	"readback/relay"
	"readback/smpp"
)

// forward passes on a request of a bound ESME.
func (l *link) forward(ctx context.Context, f smpp.Frame) error {
	if l.draining.Load() {
		return l.refuse(f, smpp.StatusThrottled)
	}
	account := l.g.policies.of(l.bind.account)
	l.unanswered.awaitRoom(account.Window, l.closing, l.scratch.Waiting)
	id := f.ID()
	if id == pdu.CancelSMID {
		if w, ok := newWholeCancel(l, f); ok {
			w.send()
			return nil
		}
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
		newMulti(l, to).send(to, account.Policy)
		return nil
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
			newSplitMessage(l, f, s, nil).send(s.Frames)
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

// over reports whether the ESME's session is ending. Whatever becomes many requests to the SMSC looks
// at it before each of them, or the link would go on long after its ESME.
func (l *link) over() bool { return l.esme.State() == smpp.Closed }
