package gateway

import (
	"context"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/internal/background"
	"readback/internal/numbering"
	"readback/relay/ledger"
	"readback/smpp"
)

// submitter passes the requests of a bound ESME on to the SMSC. It is owned by the ESME's read
// goroutine.
type submitter struct {
	link      *link
	untracked *request // what every request without a number comes back with
	scratch   numbering.Scratch
	splitting *splitMessage // whose parts are being sent; nil: none

	// The link's session with the SMSC, or the pool. It is set before the first request is passed
	// on. Others read it only in handling the answer to such a request.
	up upstream
}

func newSubmitter(l *link) *submitter { return &submitter{link: l, untracked: &request{link: l}} }

// forward passes on a request of a bound ESME.
func (s *submitter) forward(ctx context.Context, f smpp.Frame) error {
	if s.link.draining.Load() {
		return s.link.refuse(f, smpp.StatusThrottled)
	}
	account := s.link.g.policies.of(s.link.bind.account)
	s.link.unanswered.awaitRoom(account.Window, s.link.closing.begun, s.scratch.Waiting)
	id := f.ID()
	switch id {
	case pdu.ReplaceSMID:
		return s.replace(f)
	case pdu.QuerySMID:
		if s.queryParts(f) {
			return nil
		}
	case pdu.CancelSMID:
		if w, ok := newPartsCancel(s.link, f); ok {
			w.send()
			return nil
		}
	}
	if id != pdu.SubmitSMID && id != pdu.DataSMID && id != pdu.SubmitMultiID {
		return s.pass(f, s.untracked)
	}
	var to smpp.Multi
	receivers := 1
	if id == pdu.SubmitMultiID {
		if m, err := smpp.ParseMulti(f); err == nil {
			to, receivers = m, max(1, len(m.To)) // a list is one at least
		}
	}
	switch {
	case !s.link.usage.Admit(s.link.closing.begun, receivers, s.scratch.Waiting):
		return s.link.refuse(f, smpp.StatusThrottled)
	case id != pdu.SubmitMultiID && s.takeRead(ctx, f, account.MayRead):
		return nil
	case id != pdu.SubmitMultiID:
		return s.submit(f, account.Policy)
	case account.When != numbering.Off:
		skip := numbering.Multi
		if account.SplitMulti && to.Splits() {
			if !numbering.IsNoMessage(to.AppendSubmitSM(nil, 0)) {
				newMultiSubmit(s.link, to).send(to, account.Policy)
				return nil
			}
			skip = numbering.NotAMessage
		}
		s.link.g.metrics.skips[skip].Inc()
	}
	return s.pass(f, s.untracked)
}

// takeRead takes a message of the ESME's that is a read response. taken is false if it is none.
func (s *submitter) takeRead(ctx context.Context, f smpp.Frame, mayRead []account.AddressRange) (taken bool) {
	rd, ok := s.link.g.esmeReads.Parse(f, mayRead)
	if !ok {
		return false
	}
	l, seq := s.link, f.Seq()
	l.g.esmeReads.Take(ctx, l.bind.account, f, rd, background.New(&l.reads, l), func(response smpp.Frame) {
		defer l.unanswered.settle()
		// An ESME that is gone needs no answer.
		_ = l.esme.Reply(response, seq, time.Time{})
		l.esme.Flush()
	})
	return true
}

// submit passes a message on, with its number if it is to have one.
func (s *submitter) submit(f smpp.Frame, policy numbering.Policy) error {
	out, sent, skip := s.number(f, policy)
	if sent == nil && skip == numbering.NoRoom && policy.Overflow == numbering.SplitNoRoom {
		var parts *numbering.Segments
		if parts, skip = s.link.g.intercept.Split(&s.scratch, s.link.bind.account, policy, f); parts != nil {
			newSplitMessage(s.link, f, parts, nil).send()
			return nil
		}
	}
	s.countSkip(skip)
	if status := policy.Refusal(skip, sent); status != smpp.StatusOK {
		return s.link.refuse(f, status)
	}
	if sent == nil {
		return s.pass(out, s.untracked)
	}
	return s.pass(out, &request{link: s.link, sent: sent})
}

// number gives f its number. sent is nil if the ledger does not follow the message. The frame is
// valid until the next call.
func (s *submitter) number(f smpp.Frame, policy numbering.Policy) (out smpp.Frame, sent *ledger.Sent, skip numbering.Skip) {
	out, sent, skip = s.link.g.intercept.Submit(&s.scratch, s.link.bind.account, policy, f)
	if sent == nil {
		return out, nil, skip
	}
	kept := *sent
	s.scratch.Assigned = &kept
	if skip == numbering.Numbered {
		s.link.noteSender(&kept)
	}
	return out, &kept, skip
}

// countSkip notes whether a message got its number.
func (s *submitter) countSkip(skip numbering.Skip) {
	s.link.g.metrics.skips[skip].Inc()
	if skip != numbering.Numbered {
		s.link.log.Load().Debug("unnumbered", "skip", skip.String())
	}
}

// pass sends f to the SMSC. If that is gone it refuses f, as all requests are refused that the SMSC
// has not answered then.
func (s *submitter) pass(f smpp.Frame, r *request) error {
	err := s.up.Send(f, s.link.esme.Arrived(), r)
	s.scratch.Assigned = nil // r has it
	if err != nil {
		s.link.forget(r)
		return s.link.refuse(f, smpp.StatusSysErr)
	}
	return nil
}

// esmeEnded reports whether the ESME's session has ended. A group checks this before each of its
// requests. Otherwise the link would go on long after its ESME.
func (s *submitter) esmeEnded() bool { return s.link.esme.State() == smpp.Closed }
