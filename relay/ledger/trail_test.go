package ledger

import (
	"testing"
	"time"

	"readback/relay/message"
)

// The trail of a message says how long the SMSC took to answer, unless the clock was changed meanwhile.
func TestTrail(t *testing.T) {
	at := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name string
		s    Sent
		took time.Duration
		want message.Trail
	}{
		{"by element", Sent{Carriage: message.CarriageUDH, Session: 7}, 120 * time.Millisecond, message.Trail{Carriage: message.CarriageUDH, Session: 7, Answered: 120}},
		{"split", Sent{Carriage: message.CarriageText, Split: 3}, time.Second, message.Trail{Carriage: message.CarriageText, Split: true, Answered: 1000}},
		{"the clock was set back", Sent{Carriage: message.CarriageUDH}, -time.Second, message.Trail{Carriage: message.CarriageUDH}},
		{"the clock was set forward", Sent{Carriage: message.CarriageUDH}, 2 * time.Hour, message.Trail{Carriage: message.CarriageUDH}},
		{"nothing known", Sent{}, time.Second, message.Trail{}},
	} {
		tt.s.At = at
		if got := tt.s.trail(at.Add(tt.took)); got != tt.want {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
		}
	}
}
