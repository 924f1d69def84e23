package smpp

import (
	"testing"
	"time"
)

// What happens in a second of a session.
const (
	nothing = iota
	bind
	busy // heard a PDU
	idle // heard enquire_link or its response
	ask  // asked, as Due said
)

// timersStep is one second: what happens in it, and what is due then.
type timersStep struct {
	at     int // seconds since the connection
	event  int
	action Action
	next   int // when Due wants to be asked again; -1 for never
}

var allTimers = Timers{
	SessionInit: 10 * time.Second, EnquireLink: 30 * time.Second,
	Answer: 5 * time.Second, Inactivity: 100 * time.Second,
}

var timersTests = []struct {
	name   string
	timers Timers
	steps  []timersStep
}{
	{"no timers", Timers{}, []timersStep{{0, nothing, Wait, -1}, {1, bind, Wait, -1}, {1e6, nothing, Wait, -1}}},
	{"never bound", allTimers, []timersStep{{0, nothing, Wait, 10}, {9, busy, Wait, 10}, {10, nothing, Drop, -1}}},
	{"session-init ends with the bind", allTimers, []timersStep{{9, bind, Wait, 30}, {10, nothing, Wait, 30}}},
	{"never asked before the bind", Timers{EnquireLink: time.Second}, []timersStep{{50, nothing, Wait, -1}}},
	{"never inactive before the bind", Timers{Inactivity: 10 * time.Second}, []timersStep{
		{50, nothing, Wait, -1}, {51, bind, Wait, 61}, {61, nothing, Unbind, -1},
	}},
	{"asked after silence, answered", allTimers, []timersStep{
		{0, bind, Wait, 30},
		{20, busy, Wait, 50},
		{49, nothing, Wait, 50},
		{50, nothing, Ask, -1},
		{50, ask, Wait, 55},
		{54, idle, Wait, 84},
	}},
	{"asked, not answered", allTimers, []timersStep{
		{0, bind, Wait, 30}, {30, nothing, Ask, -1}, {30, ask, Wait, 35}, {34, nothing, Wait, 35}, {35, nothing, Drop, -1},
	}},
	{"any PDU is an answer", allTimers, []timersStep{{0, bind, Wait, 30}, {30, ask, Wait, 35}, {33, busy, Wait, 63}}},
	{"asked once when no answer is due", Timers{EnquireLink: time.Second}, []timersStep{
		{0, bind, Wait, 1}, {1, nothing, Ask, -1}, {1, ask, Wait, -1}, {99, nothing, Wait, -1},
	}},
	{"inactive though enquire_link goes on", allTimers, []timersStep{
		{0, bind, Wait, 30},
		{1, busy, Wait, 31},
		{25, idle, Wait, 55},
		{75, idle, Wait, 101},
		{100, nothing, Wait, 101},
		{101, nothing, Unbind, -1},
	}},
	{"inactivity counts from the bind", allTimers, []timersStep{{0, nothing, Wait, 10}, {9, bind, Wait, 30}, {85, idle, Wait, 109}}},
	{"silence weighs more than inactivity", allTimers, []timersStep{{0, bind, Wait, 30}, {90, idle, Wait, 100}, {94, ask, Wait, 99}, {100, nothing, Drop, -1}}},
}

// TestTimers plays lists of instants.
func TestTimers(t *testing.T) {
	for _, tt := range timersTests {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Unix(1e9, 0)
			timers := tt.timers
			timers.Opened(start)
			for i, s := range tt.steps {
				now := start.Add(time.Duration(s.at) * time.Second)
				switch s.event {
				case bind:
					timers.Bound(now)
				case busy, idle:
					timers.Heard(now, s.event == busy)
				case ask:
					timers.Asked(now)
				}
				action, next := timers.Due(now)
				got := -1
				if !next.IsZero() {
					got = int(next.Sub(start) / time.Second)
				}
				if action != s.action || got != s.next {
					t.Fatalf("step %d, second %d: got action %d, next %d; want %d, %d", i, s.at, action, got, s.action, s.next)
				}
			}
		})
	}
}
