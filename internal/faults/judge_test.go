//go:build faults

package faults

import (
	"slices"
	"testing"
	"time"

	"readback/internal/promise"
)

// How long things may take on a machine that does other things as well.
const (
	held   = time.Second             // a message in the gateway, in one direction
	slack  = time.Second             // several gateways of the tests share two processors
	settle = 1500 * time.Millisecond // after which what was confirmed is surely in the log
)

// judge gives the history to the checker, and reports what it says. forgiven are the rules that a scenario
// cannot judge.
func (h *history) judge(t *testing.T, forgiven ...promise.Rule) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	opt := promise.DefaultOptions()
	opt.MaxWait, opt.MaxStop = held+slack, 21*time.Second
	check := promise.New(opt)
	ups := h.timesUp()
	calm, early := false, map[int]bool{} // reads that were sent before nothing failed any more
	for _, e := range h.events {
		switch e.Kind {
		case promise.Calm:
			calm = true
		case promise.Asked:
			early[e.Read] = !calm || !in(ups, e.At-time.Second, e.At-time.Second)
		case promise.Answered:
			if e.Code == 503 && early[e.Read] {
				continue
			}
		case promise.Confirmed:
			e.Durable = !in(h.doubtful, e.At, e.At) && slices.ContainsFunc(ups, func(u span) bool { return u.from <= e.At && e.At+settle <= u.to })
		case promise.Held:
			if e.Took -= h.paused(e.At-e.Took, e.At); e.Took <= opt.MaxWait {
				continue
			}
		}
		check.Add(e)
	}
	all := slices.DeleteFunc(check.Finish(), func(v promise.Violation) bool { return slices.Contains(forgiven, v.Rule) })
	counts := map[promise.Rule]int{}
	for _, v := range all {
		const shown = 2
		if counts[v.Rule]++; counts[v.Rule] <= shown {
			t.Error(check.Explain(v))
		}
	}
	if len(all) > 0 {
		t.Errorf("%d violations: %s", len(all), promise.Summary(all))
	}
	for kind, text := range h.strange {
		t.Errorf("%s: %s", kind, text)
	}
	t.Log(h.summary())
}

// timesUp are the times in which the ledger was up, or the process had been killed while it was.
func (h *history) timesUp() (all []span) {
	const forever = 24 * time.Hour
	up, from := false, time.Duration(0)
	for _, e := range h.events {
		switch e.Kind {
		case promise.Up:
			if !up {
				up, from = true, e.At
			}
		case promise.Down:
			if up {
				all = append(all, span{from, e.At})
			}
			up = false
		case promise.Killed, promise.Stopped: // what was confirmed before is durable
			if up {
				all = append(all, span{from, e.At}, span{e.At - settle, e.At + settle})
			}
			up = false
		}
	}
	if up {
		all = append(all, span{from, forever})
	}
	return all
}

func in(spans []span, from, to time.Duration) bool {
	return slices.ContainsFunc(spans, func(s span) bool { return s.from <= to && from <= s.to })
}

// paused is how much of a time nobody could answer.
func (h *history) paused(from, to time.Duration) (sum time.Duration) {
	for _, p := range h.pauses {
		sum += max(0, min(to, p.to)-max(from, p.from))
	}
	return sum
}

// summary counts what has happened.
func (h *history) summary() (text string) {
	codes, kinds := map[int]int{}, map[string]int{}
	for _, e := range h.events {
		switch e.Kind {
		case promise.Sent:
			kinds["sent"]++
		case promise.Confirmed:
			kinds["confirmed"]++
		case promise.Told:
			kinds["told"]++
		case promise.Killed:
			kinds["kills"]++
		case promise.Stopped:
			kinds["stops"]++
		case promise.Logged:
			kinds["errors"]++
		case promise.Answered:
			codes[e.Code]++
		}
	}
	return format(kinds, codes)
}
