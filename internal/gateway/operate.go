package gateway

import (
	"bytes"
	"context"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/smpp"
)

// operations are the requests that name a message by its message_id, and the
// status for one that is not the ESME's own (SMPP 3.4 §4.8–4.10).
var operations = map[pdu.ID]struct {
	refused pdu.Status
	skip    int // C-octet strings in front of message_id
}{
	pdu.QuerySMID:   {smpp.StatusQueryFailed, 0},
	pdu.CancelSMID:  {smpp.StatusCancelFailed, 1}, // service_type
	pdu.ReplaceSMID: {smpp.StatusReplaceFailed, 0},
}

// operate passes on a query_sm, cancel_sm or replace_sm for a message of the same
// account. In shared mode the SMSC knows the gateway only, and would let anyone.
func (l fromAccount) operate(ctx context.Context, f smpp.Frame) error {
	op := operations[f.ID()]
	id := f.Body()
	for range op.skip {
		_, id, _ = bytes.Cut(id, []byte{0})
	}
	id, _, _ = bytes.Cut(id, []byte{0})
	owner, ok := l.g.ledger.Routed(message.Conversation{}, l.g.opt.IDs.OfResponse(id))
	if !ok || owner != l.bind.account {
		l.log.Load().Warn("refused", "command", smpp.Command(f.ID()), "sequence", f.Seq(), "message_id", message.Shown(string(id)), "reason", "not a message of this account")
		return l.refuse(f, op.refused)
	}
	return l.submitter.forward(ctx, f)
}

// replace passes a replace_sm on. A message that carries a number gets its new text with the same number. The
// replace_sm is refused if there is no room for that, if the message went on in parts, or if it is not known any
// more how the message was written: without its header the SMSC would take the new text for one.
func (s *submitter) replace(f smpp.Frame) error {
	l := s.link
	r, err := smpp.ParseReplace(f)
	if err != nil {
		return s.pass(s.others, f, s.untracked)
	}
	form, isSplit, known := l.g.sent.Form(l.bind.account, r.MessageID, r.From.Addr)
	switch {
	case isSplit:
		return s.refuseReplace(f, "the message went on in parts")
	case !known && l.followed(r.MessageID, r.From.Addr) != nil:
		return s.refuseReplace(f, "it is not known any more how the message was written")
	case !form.Changed:
		return s.pass(s.others, f, s.untracked)
	}
	out, ok := l.g.intercept.Replace(l.g.policies.of(l.bind.account).Policy, r, &form)
	if !ok {
		return s.refuseReplace(f, "the new text has no room for what the message carries")
	}
	return s.pass(s.others, out, s.untracked)
}

func (s *submitter) refuseReplace(f smpp.Frame, reason string) error {
	s.link.log.Load().Warn("refused", "command", smpp.Command(f.ID()), "sequence", f.Seq(), "message_id", messageIDText(f), "reason", reason)
	return s.link.refuse(f, smpp.StatusReplaceFailed)
}

// followed returns what the ledger knows of the message of the account that has a message_id, if it follows the
// message. It knows messages of before a start, too.
func (l *link) followed(id, sender []byte) *journal.IDOwner {
	from, err := message.NormalAddr(sender)
	if err != nil {
		return nil
	}
	is := l.g.ledger.Owner(l.bind.account, id)
	if is == nil || is.Kind == journal.OwnerUnnumbered || is.Place.Conv.Sender != from {
		return nil
	}
	return is
}
