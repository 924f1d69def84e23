package relay

import (
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/message"
)

// maxTells is how many feedbacks of an account are being told at once, unless its settings say
// otherwise.
const maxTells = 10

// burstTime is how far a rate may be exceeded: what came late because of a timer's grain
// is made up for.
const burstTime = 50 * time.Millisecond

// limits of how an account is told.
type limits struct {
	most  int           // tells at once
	every time.Duration // a tell, on average; 0: no limit
}

// order decides which feedback of an account is told next: those of one conversation
// strictly one after the other, in the order of the queue. It has no goroutine and no
// clock.
type order struct {
	held    map[uint64]*held                 // by sequence
	lines   map[message.Conversation][]*held // by sequence
	telling int                              // how many are being told
	limits  limits
	free    time.Time // when the next may be told, by the rate

	// What the queue has given out before and is to come again, in any order: until it
	// is all here nothing is told, or a later one might overtake an earlier one.
	given   uint64 // sequences up to this one
	missing int    // so many of them
	patient time.Time

	// The last ones that were settled, and how: an acknowledgement may be lost, and then
	// they come again. No more than maxHeld can.
	settled map[uint64]func(jetstream.Msg) error
	recent  []uint64
}

// held is a feedback that was taken from the queue and is not settled.
type held struct {
	seq     uint64
	msg     jetstream.Msg
	fb      *message.Feedback
	at      time.Time // when it came into the queue
	tries   int       // that were refused
	counted int       // errors marked by AtMost
	due     time.Time // not before
	telling bool
	awaits  bool // the SMSC's receipt
}

func newOrder() *order {
	return &order{
		held: make(map[uint64]*held), lines: make(map[message.Conversation][]*held), limits: limits{most: maxTells},
		settled: make(map[uint64]func(jetstream.Msg) error),
	}
}

func (h *held) line() message.Conversation { return h.fb.Conversation() }

// add takes in a feedback. One that is held already came again because the queue had
// lost sight of it: what is known of it stays, and it is acknowledged the new way.
func (o *order) add(seq uint64, msg jetstream.Msg, fb *message.Feedback, at time.Time) *held {
	if h := o.held[seq]; h != nil {
		h.msg = msg
		return h
	}
	o.came(seq)
	h := &held{seq: seq, msg: msg, fb: fb, at: at}
	o.held[seq] = h
	l := o.lines[h.line()]
	i, _ := slices.BinarySearchFunc(l, seq, func(h *held, seq uint64) int {
		if h.seq < seq {
			return -1
		}
		return 1
	})
	o.lines[h.line()] = slices.Insert(l, i, h)
	return h
}

// await puts a feedback off until the SMSC's receipt has passed, or until due.
func (h *held) await(due time.Time) { h.awaits, h.due = true, due }

// passed lets the feedback on a message go whose receipt has passed.
func (o *order) passed(c message.Conversation, number uint16) {
	for _, h := range o.lines[c] {
		if h.awaits && h.fb.Number == number {
			h.awaits, h.due = false, time.Time{}
		}
	}
}

// await says that the queue has given out so many before, with sequences up to given. They
// are waited for no longer than until: some may be gone.
func (o *order) await(given uint64, n int, until time.Time) {
	o.given, o.missing, o.patient = given, n, until
	for seq := range o.held {
		o.came(seq)
	}
}

// came notes that one has come again.
func (o *order) came(seq uint64) {
	if seq <= o.given && o.missing > 0 {
		o.missing--
	}
}

// next returns a feedback to tell now: the first of its conversation, due, the lowest of
// those. Without one it returns when to look again; zero when nothing is waiting for a
// time.
func (o *order) next(now time.Time) (h *held, again time.Time) {
	if o.telling >= o.limits.most {
		return nil, time.Time{}
	}
	if o.missing > 0 && now.Before(o.patient) {
		return nil, o.patient
	}
	if o.free.After(now.Add(burstTime)) && len(o.held) > 0 {
		return nil, o.free.Add(-burstTime)
	}
	for _, l := range o.lines {
		first := l[0]
		switch {
		case first.telling:
		case first.due.After(now):
			if again.IsZero() || first.due.Before(again) {
				again = first.due
			}
		case h == nil || first.seq < h.seq:
			h = first
		}
	}
	if h != nil {
		h.telling, h.awaits = true, false
		o.telling++
		o.spend(now)
	}
	return h, again
}

// spend counts a tell towards the rate.
func (o *order) spend(now time.Time) {
	if o.free.Before(now) {
		o.free = now
	}
	o.free = o.free.Add(o.limits.every)
}

// done forgets a feedback that is settled, but for how.
func (o *order) done(h *held, settle func(jetstream.Msg) error) {
	o.telling--
	if len(o.recent) == maxHeld {
		delete(o.settled, o.recent[0])
		o.recent = slices.Delete(o.recent, 0, 1)
	}
	o.recent = append(o.recent, h.seq)
	o.settled[h.seq] = settle
	delete(o.held, h.seq)
	l := slices.DeleteFunc(o.lines[h.line()], func(other *held) bool { return other == h })
	if len(l) == 0 {
		delete(o.lines, h.line())
		return
	}
	o.lines[h.line()] = l
}

// later puts a feedback off.
func (o *order) later(h *held, due time.Time) {
	o.telling--
	h.telling, h.due = false, due
}

// all returns what is held, lowest sequence first.
func (o *order) all() []*held {
	all := make([]*held, 0, len(o.held))
	for _, h := range o.held {
		all = append(all, h)
	}
	slices.SortFunc(all, func(a, b *held) int {
		if a.seq < b.seq {
			return -1
		}
		return 1
	})
	return all
}
