package gateway

import (
	"bytes"
	"context"

	"github.com/fiorix/go-smpp/smpp/pdu"

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
	owner, ok := l.g.ledger.Routed(l.g.opt.IDs.OfResponse(id))
	if !ok || owner != l.bind.account {
		l.log.Load().Warn("refused", "command", smpp.Command(f.ID()), "reason", "not a message of this account")
		return l.refuse(f, op.refused)
	}
	return l.submitter.forward(ctx, f)
}
