package feedback

import (
	"cmp"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/message"
)

// maxTells is how many feedbacks a session is delivered at once, unless the settings of its account say
// otherwise.
const maxTells = 10

// burstTime is how far a rate may be exceeded, to make up for timers that fire late.
const burstTime = 50 * time.Millisecond

// limits say how fast feedback may be delivered to an account.
type limits struct {
	most  int           // deliveries at once, by a session
	every time.Duration // of deliveries of the account, on average; 0: no limit
}

// schedule decides which feedback of an account is delivered next. The feedback of one conversation is
// delivered one after the other, in the order of the queue. It has no goroutine and no clock.
type schedule struct {
	incarnation   incarnation
	held          map[uint64]*held                 // by sequence
	order         []*held                          // all of them, by sequence
	conversations map[message.Conversation][]*held // by sequence
	sessions      map[message.Session]*session     // that feedback may be for
	telling       int                              // how many are being delivered
	limits        limits
	free          time.Time // when the next may be delivered, by the rate

	// How the last feedbacks were settled. If an acknowledgement is lost the queue sends the feedback
	// again. It does so with no more than maxHeld.
	settled   map[uint64]func(jetstream.Msg) error
	delivered map[string]bool // events of those that an ESME has acknowledged
	recent    []settled
}

// settled is a feedback that was settled.
type settled struct {
	seq   uint64
	event string // of feedback that an ESME has acknowledged; else empty
}

// held is a feedback that was taken from the queue and is not settled.
type held struct {
	seq     uint64
	msg     jetstream.Msg
	fb      *message.Feedback
	conv    message.Conversation
	first   bool            // of its conversation
	at      time.Time       // when it came into the queue
	tries   int             // that were refused
	counted int             // errors marked by AtMost
	due     time.Time       // not before
	prefers message.Session // that it is for; zero: any
	by      *session        // that is delivering it; nil: none
	awaits  bool            // the SMSC's receipt

	delivered bool // an ESME has acknowledged it
}

func newSchedule() *schedule {
	return &schedule{
		held: make(map[uint64]*held), conversations: make(map[message.Conversation][]*held),
		sessions: make(map[message.Session]*session), limits: limits{most: maxTells},
		settled: make(map[uint64]func(jetstream.Msg) error), delivered: make(map[string]bool),
	}
}

func (h *held) conversation() message.Conversation { return h.conv }

// add takes in a feedback. If it is held already, the queue has sent it again: its tries and times
// stay, and it is acknowledged with the new message.
func (o *schedule) add(seq uint64, msg jetstream.Msg, fb *message.Feedback, at time.Time) *held {
	if h := o.held[seq]; h != nil {
		h.msg = msg
		return h
	}
	h := &held{seq: seq, msg: msg, fb: fb, conv: fb.Conversation(), at: at}
	o.held[seq] = h
	i, _ := slices.BinarySearchFunc(o.order, seq, bySequence)
	o.order = slices.Insert(o.order, i, h)
	l := o.conversations[h.conv]
	i, _ = slices.BinarySearchFunc(l, seq, bySequence)
	if l = slices.Insert(l, i, h); i == 0 && len(l) > 1 {
		l[1].first = false
	}
	l[0].first = true
	o.conversations[h.conv] = l
	return h
}

func bySequence(h *held, seq uint64) int { return cmp.Compare(h.seq, seq) }

// await puts a feedback off until the SMSC's receipt has passed, or until due.
func (h *held) await(due time.Time) { h.awaits, h.due = true, due }

// passed ends the wait of the feedback on a message whose receipt has passed. It is for that session now.
func (o *schedule) passed(c message.Conversation, number uint16, to message.Session) {
	for _, h := range o.conversations[c] {
		if h.awaits && h.fb.Number == number {
			h.awaits, h.due, h.prefers = false, time.Time{}, to
		}
	}
}

// mayTake reports whether own may deliver h. A feedback waits for the session that it is for, as long as
// that is there and does not rest. When as much is held as the queue hands out, it waits no longer: no
// session holds up the others.
func (o *schedule) mayTake(own *session, h *held, now time.Time) bool {
	to := o.sessions[h.prefers]
	return to == nil || to == own || to.rests.After(now) || len(o.held) >= maxHeld
}

// next returns the feedback that own is to deliver now: of those that are due, the first of their
// conversation, and not for another session, the one with the lowest sequence. If there is none it returns
// when to look again; zero when nothing waits for a time.
func (o *schedule) next(now time.Time, own *session) (h *held, again time.Time) {
	if own.telling >= o.limits.most {
		return nil, time.Time{}
	}
	if own.rests.After(now) && len(o.sessions) > 1 {
		return nil, own.rests
	}
	if o.free.After(now.Add(burstTime)) && len(o.held) > 0 {
		return nil, o.free.Add(-burstTime)
	}
	for _, h := range o.order {
		switch {
		case !h.first, h.by != nil, !o.mayTake(own, h, now):
		case h.due.After(now):
			if again.IsZero() || h.due.Before(again) {
				again = h.due
			}
		default:
			o.begin(h, own, now)
			return h, again
		}
	}
	return nil, again
}

// begin notes that a session delivers a feedback from now on.
func (o *schedule) begin(h *held, own *session, now time.Time) {
	h.by, h.awaits = own, false
	own.telling++
	o.telling++
	o.spend(now)
}

// spend counts a delivery towards the rate.
func (o *schedule) spend(now time.Time) {
	if o.free.Before(now) {
		o.free = now
	}
	o.free = o.free.Add(o.limits.every)
}

// done removes a feedback that is settled, and remembers how. more reports whether another one of its
// conversation is held, which had to wait for it.
func (o *schedule) done(h *held, settle func(jetstream.Msg) error) (more bool) {
	if h.by != nil {
		o.told(h)
	}
	if len(o.recent) == maxHeld {
		delete(o.settled, o.recent[0].seq)
		delete(o.delivered, o.recent[0].event)
		o.recent = o.recent[1:]
	}
	last := settled{seq: h.seq}
	if h.delivered && len(h.fb.Receipt) == 0 && h.fb.Event != "" {
		last.event = h.fb.Event
		o.delivered[last.event] = true
	}
	o.recent = append(o.recent, last)
	o.settled[h.seq] = settle
	delete(o.held, h.seq)
	if i, ok := slices.BinarySearchFunc(o.order, h.seq, bySequence); ok {
		o.order = slices.Delete(o.order, i, i+1)
	}
	l := slices.DeleteFunc(o.conversations[h.conv], func(other *held) bool { return other == h })
	if len(l) == 0 {
		delete(o.conversations, h.conv)
		return false
	}
	l[0].first = true
	o.conversations[h.conv] = l
	return true
}

// later puts a feedback off until due.
func (o *schedule) later(h *held, due time.Time) {
	o.told(h)
	h.due = due
}

// told notes that a delivery has ended.
func (o *schedule) told(h *held) {
	o.telling--
	h.by.telling--
	h.by = nil
}

// all returns what is held, lowest sequence first.
func (o *schedule) all() []*held { return slices.Clone(o.order) }
