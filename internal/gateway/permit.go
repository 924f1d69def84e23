package gateway

import (
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
)

// permit returns the frame to pass on in place of f, a request of the link's account. With another status than
// ESME_ROK f is to be refused.
func (s *submitter) permit(f smpp.Frame, account *Account) (out smpp.Frame, status pdu.Status) {
	l := s.link
	if account.barred {
		l.g.gate.Bar(l.log.Load(), f)
		return f, smpp.StatusInvSrcAddr
	}
	if !l.g.gate.Sender(l.log.Load(), f, account.Senders) {
		return f, smpp.StatusInvSrcAddr
	}
	out, ok := l.g.screen.Check(l.log.Load(), f)
	if !ok {
		return f, refusalOf(f.ID())
	}
	return out, smpp.StatusOK
}

// refuseCommand answers a request whose command does not pass (SMPP 3.4 §4.3.1).
func (l *link) refuseCommand(f smpp.Frame) error {
	if !smpp.HasResponse(f.ID()) {
		return nil
	}
	defer l.unanswered.settle()
	return l.esme.Reply(smpp.AppendHeader(nil, pdu.GenericNACKID, smpp.StatusInvCmdID, f.Seq(), 0), f.Seq(), time.Time{})
}

// refusalOf returns the status that refuses a request for good.
func refusalOf(id pdu.ID) pdu.Status {
	if op, ok := operations[id]; ok {
		return op.refused
	}
	return smpp.StatusSubmitFailed
}
