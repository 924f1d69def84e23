package gateway

import (
	"bytes"
	"context"

	"github.com/fiorix/go-smpp/smpp/pdu"

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
		l.log.Load().Warn("refused", "command", smpp.Command(f.ID()), "reason", "not a message of this account")
		return l.refuse(f, op.refused)
	}
	return l.submitter.forward(ctx, f)
}

// replace passes a replace_sm on. A message that carries a number gets its new text with the same number; if
// there is no room for it, or the message went on in parts, the replace_sm is refused.
func (s *submitter) replace(f smpp.Frame) error {
	l := s.link
	r, err := smpp.ParseReplace(f)
	if err != nil {
		return s.pass(s.others, f, s.untracked)
	}
	form, isSplit, ok := l.g.sent.Form(l.bind.account, r.MessageID, r.From.Addr)
	if !ok {
		return s.pass(s.others, f, s.untracked)
	}
	out, ok := smpp.Frame(nil), false
	if !isSplit {
		out, ok = l.g.intercept.Replace(l.g.policies.of(l.bind.account).Policy, r, &form)
	}
	if !ok {
		l.log.Load().Warn("refused", "command", smpp.Command(f.ID()), "reason", "the new text has no room for what the message carries")
		return l.refuse(f, smpp.StatusReplaceFailed)
	}
	return s.pass(s.others, out, s.untracked)
}
