package gateway

import (
	"sync"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/relay/message"
	"readback/smpp"
)

// rollback takes back, one after the other, the parts that the SMSC has accepted of a
// message that it refused otherwise: the ESME will send all of it again, or none. The link's queue sends
// again what the SMSC refuses for now, before the parts of other messages.
type rollback struct {
	of *splitMessage // whose parts they are

	// Guarded by mu, which is taken before the queue's.
	mu     sync.Mutex
	ids    [][]byte  // message_ids of the parts, in order
	at     int       // the part that is being cancelled
	queued bool      // it is in the queue
	until  time.Time // when it is given up; set before it enters the queue
}

// next sends the next cancel_sm, if any is left. It never waits, because it runs on the read
// goroutine that must receive the SMSC's response. It ignores the window: an SMSC refuses parts
// when it is busy, and then senders that wait for the window would always take the free slot first.
func (c *rollback) next() {
	l := c.of.link
	for {
		f, n := c.current()
		if f == nil {
			return
		}
		l.unanswered.add(1)
		if l.submitter.up.TrySendOver(f, time.Time{}, &request{link: l, group: c, n: n}) == nil {
			l.submitter.up.Flush()
			return
		}
		l.unanswered.settle()
		c.done(n)
		c.failed("it could not be asked")
	}
}

// current returns the cancel_sm of the part that is being cancelled; nil if there is none.
func (c *rollback) current() (f smpp.Frame, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at >= len(c.ids) {
		return nil, c.at
	}
	return cancelSM(c.ids[c.at], &c.of.sent.From, &c.of.sent.To), c.at
}

// done goes on to the part behind n. It reports whether n was the part that is being cancelled.
func (c *rollback) done(n int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n != c.at {
		return false
	}
	c.at++
	c.queued = false
	return true
}

// answered notes what the SMSC said, and goes on.
func (c *rollback) answered(l *link, f smpp.Frame, r *request, accepted bool) {
	if !accepted && smpp.Throttled(f.Status()) && c.waits(r.n) {
		return
	}
	l.again.Done(c)
	if !c.done(r.n) {
		return // it was given up
	}
	if !accepted {
		c.failed(smpp.StatusName(f.Status()))
	}
	c.next()
}

// waits makes the queue send the cancel_sm of part n again. It returns false if the queue takes no more.
func (c *rollback) waits(n int) bool {
	again := c.of.link.again
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case n != c.at:
	case c.queued:
		again.Refused(c)
	default:
		c.until = time.Now().Add(c.of.link.g.opt.ResponseTimeout)
		c.queued = again.AddFirst(c)
		return c.queued
	}
	return true
}

// Repeat sends the cancel_sm again.
func (c *rollback) Repeat() error {
	f, n := c.current()
	if f == nil {
		return errNothingLeft
	}
	return c.of.link.repeat(f, &request{link: c.of.link, group: c, n: n})
}

// Until returns when the SMSC has had enough time.
func (c *rollback) Until() time.Time { return c.until }

// GiveUp goes on to the next part.
func (c *rollback) GiveUp() {
	_, n := c.current()
	c.done(n)
	c.failed("the SMSC takes too little now")
	c.next()
}

// acceptedLate does nothing: the part counts as not cancelled.
func (c *rollback) acceptedLate(*link, smpp.Frame, *request) {}

// failed notes that a part was not cancelled, as far as is known.
func (c *rollback) failed(reason string) {
	l := c.of.link
	l.g.metrics.uncancelled.Inc()
	sent := c.of.sent
	l.log.Load().Warn("a part of a refused message could not be cancelled", "reason", reason, "sequence", c.of.seq,
		"sender", sent.From.Written(), "receiver", sent.To.Written(), "number", sent.Number)
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
