package gateway

import (
	"errors"
	"time"

	"readback/internal/retry"
	"readback/smpp"
)

// An SMSC that refuses a part for now (58, 14) gets it again after a pause: when all parts are answered and
// it has accepted one at least. Parts that were not sent by then wait behind that part. While a message
// waits, later messages of the same link that go in parts wait behind it. The ESME gets its answer within
// response_timeout of the first try. If the SMSC has not accepted all parts by then, the message is refused
// with the SMSC's status, so that the ESME sends it again, and the accepted parts are cancelled.

// queue tells the link's queue how a group goes on after an answer.
func (l *link) queue(j retry.Job, v verdict) {
	switch v {
	case waits:
		if !l.again.Add(j) {
			j.GiveUp()
		}
	case waitsOn:
		l.again.Refused(j)
	case waitsNoMore:
		l.again.Accepted(j)
	case succeeds, fails:
		l.again.Done(j)
	}
}

var errNothingLeft = errors.New("nothing is left to be sent")

// repeat sends f, a request that the SMSC has refused for now, again.
func (l *link) repeat(f smpp.Frame, r *request) error {
	l.g.metrics.repeated.Inc()
	l.unanswered.add(1)
	if err := l.submitter.up.TrySend(f, time.Time{}, r); err != nil {
		l.unanswered.settle()
		return err
	}
	l.submitter.up.Flush()
	return nil
}

// holdBack keeps part n for the queue, because the SMSC refuses parts for now.
func (m *splitMessage) holdBack(n int) {
	m.mu.Lock()
	v := m.hold(n)
	m.mu.Unlock()
	m.goOn(v)
	m.link.unanswered.settle()
}

// Repeat sends the first part that is held.
func (m *splitMessage) Repeat() error {
	n, ok := m.nextHeld()
	if !ok {
		return errNothingLeft
	}
	err := m.link.repeat(m.parts[n], &request{link: m.link, group: m, n: n})
	if err != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.tally.unsent(n)
	}
	return err
}

func (m *splitMessage) nextHeld() (n int, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.next()
}

// Until returns when the ESME must have its answer.
func (m *splitMessage) Until() time.Time { return m.until }

// GiveUp refuses the message, unless that is decided already.
func (m *splitMessage) GiveUp() {
	m.mu.Lock()
	ends := m.end()
	m.mu.Unlock()
	if ends {
		m.fail()
	}
}
