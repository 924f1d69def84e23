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

// submitter passes the requests of a bound ESME on to the SMSC: messages in one lane, and in another
// one everything else, which does not wait for messages.
type submitter struct {
	// Static after construction.
	link      *link
	untracked *request // what every request without a number comes back with
	messages  *lane
	others    *lane
	leaving   *closing // whether the ESME leaves: then its rate holds nothing back any more

	// Owned by the goroutine that passes messages on.
	scratch   numbering.Scratch
	splitting *splitMessage // whose parts are being sent; nil: none
	policies  *Policies     // of which rules is a part
	rules     Account       // what holds for the link's account

	// The link's session with the SMSC, or the pool. It is set before the first request is passed
	// on. Others read it only in handling the answer to such a request.
	up upstream
}

func newSubmitter(l *link) *submitter {
	s := &submitter{link: l, untracked: &request{link: l}, leaving: newClosing()}
	s.messages, s.others = newLane(l, s.passMessage), newLane(l, s.passOther)
	s.scratch.Waiting = s.messages.waits
	return s
}

// forward passes on a request of a bound ESME.
func (s *submitter) forward(ctx context.Context, f smpp.Frame) error {
	if isSubmit(f.ID()) {
		return s.messages.take(ctx, f)
	}
	return s.others.take(ctx, f)
}

// isSubmit reports whether a request with this command_id is a message of an ESME's, which the SMSC gives a
// message_id.
func isSubmit(id pdu.ID) bool {
	return id == pdu.SubmitSMID || id == pdu.DataSMID || id == pdu.SubmitMultiID
}

// leave lets the rate hold back nothing any more. What waits for room at the SMSC has some time yet.
func (s *submitter) leave() {
	s.leaving.begin()
	time.AfterFunc(s.link.g.patience(), s.link.closing.begin)
}

// refuses reports whether the link takes nothing new.
func (s *submitter) refuses() bool { return s.link.draining.Load() || isClosed(s.link.closing.begun) }

// passOther passes on a request that is no message.
func (s *submitter) passOther(ctx context.Context, f smpp.Frame) error {
	switch {
	case f.ID() == pdu.UnbindID:
		return s.unbind(ctx, f)
	case s.refuses():
		return s.link.refuse(f, smpp.StatusThrottled)
	}
	account := s.link.g.policies.of(s.link.bind.account)
	f, status := s.permit(f, &account)
	switch {
	case status != smpp.StatusOK:
		return s.link.refuse(f, status)
	case f.ID() == pdu.ReplaceSMID:
		return s.replace(f)
	case f.ID() == pdu.QuerySMID:
		if s.queryParts(f) {
			return nil
		}
	case f.ID() == pdu.CancelSMID:
		if w, ok := newPartsCancel(s.link, f); ok {
			w.send()
			return nil
		}
	}
	return s.pass(s.others, f, s.untracked)
}

// passMessage passes on a submit_sm, data_sm or submit_multi.
func (s *submitter) passMessage(ctx context.Context, f smpp.Frame) error {
	s.link.sends.count(s.messages.now())
	if s.refuses() {
		return s.link.refuse(f, smpp.StatusThrottled)
	}
	account := s.account()
	s.link.unanswered.awaitRoom(account.Window, s.link.closing.begun, s.scratch.Waiting)
	isMulti := f.ID() == pdu.SubmitMultiID
	switch {
	case !s.link.usage.Admit(s.leaving.begun, receiversOf(f), s.scratch.Waiting):
		return s.link.refuse(f, smpp.StatusThrottled)
	case !isMulti && s.takeRead(ctx, f, account.MayRead):
		return nil
	}
	f, status := s.permit(f, account)
	switch {
	case status != smpp.StatusOK:
		return s.link.refuse(f, status)
	case isMulti:
		return s.submitMulti(f, account)
	}
	return s.submit(f, account.Policy)
}

// account returns what holds for the link's account now. Only the goroutine that passes messages on calls it.
func (s *submitter) account() *Account {
	if p := s.link.g.policies.Load(); p != s.policies {
		s.policies, s.rules = p, p.Of(s.link.bind.account)
	}
	return &s.rules
}

// takeRead takes a message of the ESME's that is a read response. taken is false if it is none.
func (s *submitter) takeRead(ctx context.Context, f smpp.Frame, mayRead []account.AddressRange) (taken bool) {
	if len(mayRead) == 0 {
		return false
	}
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
	s.countSubmit(skip, sent)
	noted := s.noteSkip(f, skip)
	if status := policy.Refusal(skip, sent); status != smpp.StatusOK {
		return s.link.refuse(f, status)
	}
	if sent == nil {
		return s.pass(s.messages, out, s.noting(s.unnumbered(f, policy), noted))
	}
	err := s.pass(s.messages, out, &request{link: s.link, sent: sent, skipped: noted})
	s.scratch.Assigned = nil // the request has it
	return err
}

// number gives f its number. sent is nil if the ledger does not follow the message. The frame is
// valid until the next call.
func (s *submitter) number(f smpp.Frame, policy numbering.Policy) (out smpp.Frame, sent *ledger.Sent, skip numbering.Skip) {
	out, sent, skip = s.link.g.intercept.Submit(&s.scratch, s.link.bind.account, policy, f)
	if sent == nil {
		return out, nil, skip
	}
	kept := *sent
	kept.Session = s.link.id
	s.scratch.Assigned = &kept
	if skip == numbering.Numbered {
		s.link.noteSender(&kept)
	}
	return out, &kept, skip
}

// countSubmit counts a message by whether it got its number, and by how that travels.
func (s *submitter) countSubmit(skip numbering.Skip, sent *ledger.Sent) {
	s.link.submits.count(uint64(s.link.id), skip)
	if skip == numbering.Numbered {
		s.link.submits.numbered(uint64(s.link.id), sent.Form.Marked, false)
	}
}

// pass sends f to the SMSC. If that is gone it refuses f, as all requests are refused that the SMSC
// has not answered then.
func (s *submitter) pass(q *lane, f smpp.Frame, r *request) error {
	if err := q.send(f, r); err != nil {
		s.link.forget(r)
		return s.link.refuse(f, smpp.StatusSysErr)
	}
	return nil
}

// esmeEnded reports whether the ESME's session has ended. A group checks this before each of its
// requests. Otherwise the link would go on long after its ESME.
func (s *submitter) esmeEnded() bool { return s.link.esme.State() == smpp.Closed }
