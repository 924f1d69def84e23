package promise

import "time"

// conversation is what was seen of one conversation.
type conversation struct {
	name     string
	begun    bool
	newest   int64           // the highest position of a number
	used     map[int64]*sent // by position
	byNumber map[uint16][]*sent
	reads    []*read // without a verdict

	// Of this life of the process.
	busy  bool  // an ESME sent messages
	from  int64 // the newest position before it
	fresh int64 // how many numbers were seen
	skips int64 // how many behind from may have been assigned, and nobody saw them
	ahead int64 // how many behind the newest, by two processes at a time
}

// sent is a message that left with a number.
type sent struct {
	id       int
	conv     *conversation
	number   uint16
	position int64
	at       time.Duration
	wall     time.Time

	taken     bool          // the gateway has the SMSC's OK
	knownAt   time.Duration // when the ESME got it, and the ledger was up; 0: never
	forgotten bool          // log and index may know nothing of it
	asked     []*read       // about it
	read      time.Duration // when a read of it was last accepted
	told      bool          // the ESME took the feedback
	again     bool          // and may get it again: what was forgotten includes that
	toldAt    time.Duration // when it did last
}

func (c *Checker) conversation(name string) *conversation {
	conv := c.conversations[name]
	if conv == nil {
		conv = &conversation{name: name, newest: -1, from: -1, used: make(map[int64]*sent), byNumber: make(map[uint16][]*sent)}
		if c.damaged { // nobody knows whether it was there before
			conv.skips = c.cycle() / 2
		}
		c.conversations[name] = conv
	}
	return conv
}

// sent checks that the number is a new one. Numbers come in the order of sending and can be skipped. So
// a number that is less than half a cycle ahead of the newest one is new, and any other was passed
// before. Numbers that were passed and not used may still come, from a second gateway.
func (c *Checker) sent(e Event) {
	conv := c.conversation(e.Conversation)
	m := &sent{id: e.Message, conv: conv, number: e.Number, at: e.At, wall: e.Wall, position: c.position(conv, e.Number)}
	if e.Number < c.opt.First || e.Number > c.opt.Last {
		c.violate(NumberTwice, conv, e.Number, "number %d of m%d is out of range", e.Number, e.Message)
	}
	if before := conv.used[m.position]; before != nil {
		c.violate(NumberTwice, conv, e.Number, "number %d of m%d was that of m%d (position %d of %d)", e.Number, m.id, before.id, m.position, conv.newest)
	}
	conv.newest, conv.begun = max(conv.newest, m.position), true
	conv.fresh++
	conv.used[m.position] = m
	conv.byNumber[e.Number] = append(conv.byNumber[e.Number], m)
	c.messages[m.id] = m
	for _, r := range conv.reads {
		if r.number == m.number {
			r.add(m)
		}
	}
}

// passed reports whether the number of a message may have been assigned again since, although nobody
// saw it: a process that ended may have done that.
func (m *sent) passed(cycle int64) bool {
	return m.position+cycle <= max(m.conv.newest+m.conv.ahead, m.conv.from+m.conv.skips)
}

// endLife checks how many numbers were skipped in a life of the process. When it is killed, numbers may
// have been assigned that nobody saw.
func (c *Checker) endLife(killed bool) {
	for _, conv := range c.conversations {
		skipped := conv.newest - conv.from - conv.fresh
		if killed && conv.busy {
			skipped -= window // that were assigned and did not leave
		}
		if skipped > conv.skips {
			number := c.opt.First + uint16(conv.newest%c.cycle())
			c.violate(SkippedFar, conv, number, "%d in %s, of which %d may have been assigned", skipped, conv.name, conv.skips)
		}
		if conv.fresh > 0 {
			conv.skips = 0
		}
		if killed && conv.busy {
			conv.skips += window
		}
		conv.busy, conv.from, conv.fresh, conv.ahead = false, conv.newest, 0, 0
	}
}

func (c *Checker) cycle() int64 { return int64(c.opt.Last-c.opt.First) + 1 }

func (c *Checker) position(conv *conversation, number uint16) int64 {
	cycle := c.cycle()
	at := int64(number - c.opt.First)
	if !conv.begun {
		return at
	}
	step := (at - conv.newest%cycle + cycle) % cycle
	if step > cycle/2 {
		step -= cycle
	}
	return conv.newest + step
}

// recordDelay bounds how long after a feedback the log has it that the feedback has left the outbox.
const recordDelay = 10 * time.Minute

// lost forgives what nobody can know any more. A message that the ESME did not know to be accepted by
// then may have been recorded later.
func (c *Checker) lost(e Event) {
	c.damaged = true
	for _, m := range c.messages {
		if m.knownAt == 0 || m.knownAt >= e.Since {
			m.forgotten = true
		}
		if m.read >= e.Since {
			m.read = 0
		}
		if m.toldAt+recordDelay >= e.Since {
			m.again = true
		}
	}
	for _, conv := range c.conversations {
		conv.from, conv.fresh, conv.skips = conv.newest, 0, c.cycle()/2
		for position, m := range conv.used {
			if m.forgotten {
				delete(conv.used, position)
			}
		}
	}
}
