package promise

import "strings"

// running checks what the process does.
func (c *Checker) running(e Event) {
	switch e.Kind {
	case Held:
		if e.Took > c.opt.MaxWait {
			c.violate(HeldUp, nil, 0, "%s, %s", e.Text, e.Took)
		}
	case Stopped:
		if e.Took > c.opt.MaxStop {
			c.violate(StopLate, nil, 0, "%s", e.Took)
		}
		c.end(e)
	case Killed:
		c.breaks++
		c.end(e)
	case Overtaken:
		for _, conv := range c.conversations {
			conv.skips += 2 * window // of the one process and the other
			conv.ahead += 2 * window
		}
	case Severed:
		c.breaks++
	case Damaged:
		c.damaged = true
		for _, conv := range c.conversations {
			conv.skips = max(conv.skips, c.cycle()/2)
		}
		if e.Reported {
			c.unreported = append(c.unreported, e)
		}
	case Logged:
		c.unreported = nil
	case Calm:
		c.calm, c.since = true, e.At
	case Up:
		c.backByNow()
		c.up = true
	case Down:
		c.up, c.since = false, e.At
	}
}

// end notes the end of a process: what was asked will not be answered any more.
func (c *Checker) end(e Event) {
	c.endLife(!e.OK)
	c.up, c.since = false, e.At
	for _, conv := range c.conversations {
		for len(conv.reads) > 0 {
			conv.reads[0].close(0)
		}
	}
}

// backByNow checks that the ledger was not away for too long since nothing fails any more.
func (c *Checker) backByNow() {
	if now := c.history[len(c.history)-1].At; c.calm && !c.up && now-c.since > c.opt.MaxReturn {
		c.violate(NotBack, nil, 0, "it was away for %s", now-c.since)
	}
}

// Summary counts the violations by rule.
func Summary(all []Violation) string {
	var order []Rule
	counts := make(map[Rule]int)
	for _, v := range all {
		if counts[v.Rule]++; counts[v.Rule] == 1 {
			order = append(order, v.Rule)
		}
	}
	var b strings.Builder
	for _, r := range order {
		b.WriteString(string(r))
		b.WriteString("; ")
	}
	return strings.TrimSuffix(b.String(), "; ")
}
