package gateway

import (
	"slices"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
)

// tally counts what the SMSC has said to the requests of a group: the parts of a message, or the cancel_sm
// of all parts. What the SMSC refuses for now (smpp.Throttled) is held until all other requests are
// answered, and then sent again (internal/retry), one request at a time. If the SMSC has accepted nothing,
// the ESME gets the refusal instead, and can send the whole again.
//
// The mutex of the group guards a tally.
type tally struct {
	open   int        // requests that are under way, or not sent yet
	taken  int        // requests that the SMSC has accepted
	failed pdu.Status // of the first that was refused for good
	busy   pdu.Status // of the first that was refused for now
	held   []int      // the requests to be sent again or for the first time, in order
	queued bool       // the group waits in the link's queue
	ended  bool       // what the ESME is told is decided
}

// verdict says how a group goes on after an answer.
type verdict uint8

const (
	undecided   verdict = iota
	succeeds            // all requests are accepted
	fails               // tally.failed is the answer to the ESME
	waits               // requests are held: the group enters the queue
	waitsOn             // the queue must pause
	waitsNoMore         // the queue may send the next request
)

// note counts the answer to request n.
func (t *tally) note(n int, status pdu.Status) verdict {
	switch {
	case status == smpp.StatusOK:
		t.open--
		t.taken++
		return t.verdict(waitsNoMore)
	case !smpp.Throttled(status):
		return t.refuse(status)
	}
	if t.busy == smpp.StatusOK {
		t.busy = status
	}
	return t.hold(n)
}

// refuse counts a request that is refused for good.
func (t *tally) refuse(status pdu.Status) verdict {
	t.open--
	if t.failed == smpp.StatusOK {
		t.failed = status
	}
	return t.verdict(waitsOn)
}

// hold keeps request n, which was refused for now or was not sent.
func (t *tally) hold(n int) verdict {
	t.open--
	i, _ := slices.BinarySearch(t.held, n)
	t.held = slices.Insert(t.held, i, n)
	return t.verdict(waitsOn)
}

// verdict returns how the group goes on; queued says what the queue is told if the group is in it.
func (t *tally) verdict(queued verdict) verdict {
	switch {
	case t.open > 0 || t.ended:
		return undecided
	case t.failed != smpp.StatusOK:
	case len(t.held) == 0:
		t.ended = true
		return succeeds
	case t.queued:
		return queued
	case t.taken > 0 || t.busy == smpp.StatusOK:
		t.queued = true
		return waits
	}
	t.end()
	return fails
}

// end decides that the group has failed. It reports whether that was undecided.
func (t *tally) end() bool {
	if t.ended {
		return false
	}
	t.ended = true
	switch {
	case t.failed != smpp.StatusOK:
	case t.busy != smpp.StatusOK:
		t.failed = t.busy
	default:
		t.failed = smpp.StatusThrottled
	}
	return true
}

// next returns the request to send now. If it cannot be sent, unsent takes it back.
func (t *tally) next() (n int, ok bool) {
	if t.ended || len(t.held) == 0 {
		return 0, false
	}
	n, t.held = t.held[0], t.held[1:]
	t.open++
	return n, true
}

// unsent holds request n, which next has returned and which could not be sent.
func (t *tally) unsent(n int) {
	t.open--
	t.held = slices.Insert(t.held, 0, n)
}
