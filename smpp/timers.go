package smpp

import "time"

// Timers decides when a session must act (SMPP 3.4 §7.2). It is a value without
// clock or goroutine: the session tells it what happened and asks what is due.
// A duration of zero switches its timer off.
type Timers struct {
	SessionInit time.Duration // from the connection to the bind
	EnquireLink time.Duration // of silence, until the peer is asked whether it is there
	Answer      time.Duration // from that question until the peer is given up
	Inactivity  time.Duration // without any PDU but enquire_link, until the session is unbound

	opened, held, bound, heard, active, asked time.Time
}

// Action is what is due.
type Action uint8

// The actions, from the mildest to the strongest.
const (
	Wait   Action = iota
	Ask           // send enquire_link
	Unbind        // inactivity: end the session politely
	Drop          // never bound, or gone without a word: close the connection
)

// Opened starts the timers.
func (t *Timers) Opened(now time.Time) { t.opened, t.heard, t.active = now, now, now }

// Bound ends the session-init timer.
func (t *Timers) Bound(now time.Time) { t.bound, t.active = now, now }

// Held stops the session-init timer: the peer waits for us.
func (t *Timers) Held(now time.Time) { t.held = now }

// Resumed lets it go on where it stood.
func (t *Timers) Resumed(now time.Time) {
	t.opened, t.held = t.opened.Add(now.Sub(t.held)), time.Time{}
}

// Heard notes that anything arrived from the peer; busy that it was more than
// enquire_link.
func (t *Timers) Heard(now time.Time, busy bool) {
	t.heard, t.asked = now, time.Time{}
	if busy {
		t.active = now
	}
}

// Asked notes that enquire_link was sent.
func (t *Timers) Asked(now time.Time) { t.asked = now }

// Due returns what must be done now, and when to ask again if nothing happens:
// the zero time if never.
func (t *Timers) Due(now time.Time) (Action, time.Time) {
	var next time.Time
	due := func(from time.Time, d time.Duration) bool {
		if d <= 0 || from.IsZero() {
			return false
		}
		at := from.Add(d)
		if !now.Before(at) {
			return true
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
		return false
	}
	switch {
	case t.bound.IsZero() && t.held.IsZero() && due(t.opened, t.SessionInit):
		return Drop, time.Time{}
	case due(t.asked, t.Answer):
		return Drop, time.Time{}
	case !t.bound.IsZero() && due(t.active, t.Inactivity):
		return Unbind, time.Time{}
	case t.asked.IsZero() && !t.bound.IsZero() && due(t.heard, t.EnquireLink):
		return Ask, time.Time{}
	}
	return Wait, next
}
