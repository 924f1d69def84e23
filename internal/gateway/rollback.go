package gateway

import (
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/relay/message"
	"readback/smpp"
)

// rollback takes back, one after the other, the parts that the SMSC has accepted of a
// message that it refused otherwise: the ESME will send all of it again, or none.
type rollback struct {
	of  *splitMessage // whose parts they are
	ids [][]byte      // message_ids that are left
}

// next sends the next cancel_sm, if any is left. It never waits, because it runs on the read
// goroutine that must receive the SMSC's response. It ignores the window: an SMSC refuses parts
// when it is busy, and then senders that wait for the window would always take the free slot first.
func (c *rollback) next(l *link) {
	for len(c.ids) > 0 {
		id := c.ids[0]
		c.ids = c.ids[1:]
		l.unanswered.add(1)
		if l.submitter.up.TrySendOver(cancelSM(id, &c.of.sent.From, &c.of.sent.To), time.Time{}, &request{link: l, group: c}) == nil {
			l.submitter.up.Flush()
			return
		}
		l.unanswered.settle()
		c.failed(l, "it could not be asked")
	}
}

// answered notes what the SMSC said, and goes on.
func (c *rollback) answered(l *link, f smpp.Frame, _ *request, accepted bool) {
	if !accepted {
		c.failed(l, smpp.StatusName(f.Status()))
	}
	c.next(l)
}

// acceptedLate does nothing: the part counts as not cancelled.
func (c *rollback) acceptedLate(*link, smpp.Frame, *request) {}

// failed notes that a part was not cancelled, as far as is known.
func (c *rollback) failed(l *link, reason string) {
	l.g.metrics.uncancelled.Inc()
	l.log.Load().Warn("a part of a refused message could not be cancelled", "reason", reason)
	c.of.stays(l)
}

// cancelSM makes a cancel_sm for one message (SMPP 3.4 §4.9.1).
func cancelSM(id []byte, from, to *message.Address) smpp.Frame {
	body := append([]byte{0}, id...) // any service_type
	body = append(body, 0)
	for _, a := range []*message.Address{from, to} {
		body = append(append(body, a.TON, a.NPI), a.Addr.Bytes()...)
		body = append(body, 0)
	}
	return append(smpp.AppendHeader(nil, pdu.CancelSMID, 0, smpp.OwnSeq, len(body)), body...)
}
