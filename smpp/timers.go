package smpp

import "time"

// Timers decides when a session must act (SMPP 3.4 §7.2). It is a value without clock or
// goroutine: the session reports events and asks what is due. A duration of zero disables its
// timer.
type Timers struct {
	SessionInit time.Duration // from the connection to the bind
	EnquireLink time.Duration // of silence, until enquire_link is sent
	Answer      time.Duration // from enquire_link until the session ends
	Inactivity  time.Duration // without any PDU but enquire_link, until unbind is sent

	opened, held, bound, heard, active, asked time.Time
}

// Action is what the session must do.
type Action uint8

// The actions, from the mildest to the strongest.
const (
	Wait   Action = iota
	Ask           // send enquire_link
	Unbind        // inactivity: unbind
	Drop          // not bound in time, or no answer to enquire_link: close the connection
)

// Opened starts the timers.
func (t *Timers) Opened(now time.Time) { t.opened, t.heard, t.active = now, now, now }

// Bound ends the session-init timer.
func (t *Timers) Bound(now time.Time) { t.bound, t.active = now, now }

// Held stops the session-init timer: the peer waits for our answer.
func (t *Timers) Held(now time.Time) { t.held = now }

// Resumed starts the session-init timer again, with the time that was left.
func (t *Timers) Resumed(now time.Time) {
	t.opened, t.held = t.opened.Add(now.Sub(t.held)), time.Time{}
}

// Heard notes that a PDU arrived from the peer. busy says that it was not enquire_link.
func (t *Timers) Heard(now time.Time, busy bool) {
	t.heard, t.asked = now, time.Time{}
	if busy {
		t.active = now
	}
}

// Asked notes that enquire_link was sent.
func (t *Timers) Asked(now time.Time) { t.asked = now }

// Due returns what must be done now, and when to ask again if nothing happens. The time is
// zero if no timer runs.
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
