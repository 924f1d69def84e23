package promise

import (
	"slices"
	"time"
)

// read is a read response.
type read struct {
	id     int
	conv   *conversation
	number uint16
	about  []*sent // the messages for which the number stood while it had no verdict
	open   bool
	code   int
	breaks int // of the checker, when it was sent
}

// asked notes for which messages the number stands: the newest to which it was assigned. If that may be
// forgotten, it may also stand for the one before.
func (c *Checker) asked(e Event) {
	conv := c.conversation(e.Conversation)
	r := &read{id: e.Read, conv: conv, number: e.Number, open: true, breaks: c.breaks}
	all := conv.byNumber[e.Number]
	for i := len(all) - 1; i >= 0; i-- {
		r.add(all[i])
		if !all[i].forgotten {
			break
		}
	}
	conv.reads = append(conv.reads, r)
	c.reads[r.id] = r
}

func (r *read) add(m *sent) {
	r.about = append(r.about, m)
	m.asked = append(m.asked, r)
}

// answered checks a verdict.
func (c *Checker) answered(e Event) {
	r := c.reads[e.Read]
	r.close(e.Code)
	switch e.Code {
	case 202:
		c.accepted(r, e)
	case 404, 410:
		c.notFound(r, e)
	case 503:
		if c.calm && c.up {
			c.violate(NotBack, r.conv, r.number, "r%d got 503 although the ledger is up", r.id)
		}
	}
}

func (r *read) close(code int) {
	r.open, r.code = false, code
	r.conv.reads = slices.DeleteFunc(r.conv.reads, func(o *read) bool { return o == r })
}

func (c *Checker) accepted(r *read, e Event) {
	if !slices.ContainsFunc(r.about, func(m *sent) bool { return m.taken }) {
		c.violate(ReadInvented, r.conv, r.number, "r%d on number %d", r.id, r.number)
		return
	}
	if len(r.about) == 1 {
		r.about[0].read = e.At
	}
}

// notFound checks that no message is missing. What is older than messages are kept, by whatever the
// clock has said since, may be gone.
func (c *Checker) notFound(r *read, e Event) {
	if len(r.about) != 1 {
		return
	}
	m := r.about[0]
	if m.knownAt > 0 && !m.forgotten && !m.passed(c.cycle()) && c.maxWall.Sub(m.wall) < c.opt.Keep-24*time.Hour {
		c.violate(MessageLost, r.conv, r.number, "m%d with number %d got %d", m.id, m.number, e.Code)
	}
}

// told checks a feedback. A read response with a verdict that says otherwise is no reason for one.
func (c *Checker) told(e Event) {
	m := c.messages[e.Message]
	if !m.taken || !m.mayBeRead() {
		c.violate(WrongFeedback, m.conv, m.number, "m%d with number %d", m.id, m.number)
	}
	if !e.OK {
		return
	}
	if m.told && !m.again && m.asked[0].breaks == c.breaks {
		c.violate(FeedbackTwice, m.conv, m.number, "m%d with number %d", m.id, m.number)
	}
	m.told, m.again, m.toldAt = true, false, e.At
}

func (m *sent) mayBeRead() bool {
	return slices.ContainsFunc(m.asked, func(r *read) bool {
		return r.open || r.code == 0 || r.code == 202 || r.code == 503
	})
}

// feedbackDue checks that all accepted reads have led to feedback.
func (c *Checker) feedbackDue() {
	for id := range c.messages {
		if m := c.messages[id]; m.read > 0 && !m.told {
			c.violate(NoFeedback, m.conv, m.number, "m%d with number %d", m.id, m.number)
		}
	}
}
