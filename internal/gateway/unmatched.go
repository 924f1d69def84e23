package gateway

import (
	"log/slog"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"golang.org/x/time/rate"

	"readback/smpp"
)

// unmatchedLogs is the time between two log lines of one side about responses that answer no request.
const unmatchedLogs = time.Second

// unmatched notes the responses of one side that answer no request.
type unmatched struct {
	from    side
	metrics *metrics
	lines   rate.Sometimes
}

func newUnmatched(from side, m *metrics) *unmatched {
	return &unmatched{from: from, metrics: m, lines: rate.Sometimes{First: 1, Interval: unmatchedLogs}}
}

// note counts f, and logs it unless a line was written shortly before.
func (u *unmatched) note(log *slog.Logger, f smpp.Frame) {
	u.metrics.unmatched.WithLabelValues(string(u.from)).Inc()
	u.lines.Do(func() {
		log.Warn("response matches no request", "from", string(u.from), "command", smpp.Command(f.ID()),
			"status", smpp.StatusName(f.Status()), "sequence_number", f.Seq())
	})
}

// Unmatched passes a response that answers nothing on to the ESME, which decides what it means, as
// it would without the gateway. If it has the sequence_number of a request, the ESME gets it with the
// number that it gave that request.
func (l fromSMSC) Unmatched(f smpp.Frame, to *smscPending) error {
	l.g.metrics.ofSMSC.count(l.id, f)
	l.g.unmatchedSMSC.note(l.log.Load(), f)
	if to != nil {
		return to.Ref.passUnmatched(f, to.Seq, l.session.Arrived())
	}
	if l.session.IsOwn(f.Seq()) {
		return nil
	}
	return ignoreGone(l.esme.Reply(f, f.Seq(), l.session.Arrived()))
}

// passUnmatched passes a response with the sequence_number of r, but another command, on to the ESME.
// It does not if the gateway made the request itself, as it makes enquire_link and the parts of a
// message, or if r is nil for another reason that smpp.Handler names: the ESME could take the response
// for an answer that the SMSC did not give.
func (r *request) passUnmatched(f smpp.Frame, seq uint32, arrived time.Time) error {
	if r == nil || r.group != nil {
		return nil
	}
	return ignoreGone(r.link.esme.Reply(f, seq, arrived))
}

// Unmatched passes a response that has the sequence_number of a request on to the ESME of that request.
// Of any other response nobody knows for which ESME it is.
func (l *fromPool) Unmatched(f smpp.Frame, to *smscPending) error {
	l.g.metrics.ofSMSC.count(0, f)
	l.g.unmatchedSMSC.note(l.g.opt.Logger.With("bind", l.bind), f)
	if to == nil || to.Ref == nil {
		return nil
	}
	defer to.Ref.link.Contain()
	defer to.Ref.link.esme.Flush()
	// An ESME that does not read must not end the others' session.
	_ = to.Ref.passUnmatched(f, to.Seq, l.session.Arrived())
	return nil
}

// Unmatched passes a response that answers nothing on to the SMSC, as fromSMSC.Unmatched does to the ESME.
func (l fromESME) Unmatched(f smpp.Frame, to *esmePending) error {
	l.g.metrics.ofESMEs.count(l.id, f)
	l.g.unmatchedESME.note(l.log.Load(), f)
	switch {
	case to != nil && to.Ref.smscSession != nil:
		return ignoreGone(to.Ref.Reply(f, to.Seq, l.esme.Arrived()))
	case to != nil, l.smsc == nil, l.esme.IsOwn(f.Seq()):
		return nil
	}
	return ignoreGone(l.smsc.Reply(f, f.Seq(), l.esme.Arrived()))
}

// Unmatched passes a response that has the sequence_number of a request on to the bind from which that
// request came, if it answers a message: the SMSC could take another one, such as unbind_resp, for the end of a
// bind that all accounts share. Of any other response nobody knows for which bind it is.
func (l fromAccount) Unmatched(f smpp.Frame, to *esmePending) error {
	l.g.metrics.ofESMEs.count(l.id, f)
	l.g.unmatchedESME.note(l.log.Load(), f)
	isAnswer := f.ID() == pdu.DeliverSMRespID || f.ID() == pdu.DataSMRespID
	if to == nil || to.Ref.smscSession == nil || !isAnswer {
		return nil
	}
	defer to.Ref.Flush()
	// An SMSC that is gone, or does not read, must not end the ESME's session.
	_ = to.Ref.Reply(f, to.Seq, l.esme.Arrived())
	return nil
}
