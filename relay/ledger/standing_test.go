package ledger

import (
	"testing"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// A number stands for the newest message to which it was or may have been assigned, whatever happened
// to that message.
func TestStanding(t *testing.T) {
	const cycle = 257
	refuse := func(l *partition, c message.Conversation) {
		s := toSend(c)
		if err := l.Assign(s); err != nil {
			l.t.Fatal(err)
		}
		l.Refuse(s)
	}
	for _, tt := range []struct {
		name  string
		later func(l *partition, c message.Conversation) *partition
		want  bool
	}{
		{"at once", func(l *partition, _ message.Conversation) *partition { return l }, true},
		{"before it is assigned again", func(l *partition, c message.Conversation) *partition {
			for range cycle - 1 {
				refuse(l, c)
			}
			return l
		}, true},
		{"when the next message with it was refused", func(l *partition, c message.Conversation) *partition {
			for range cycle {
				refuse(l, c)
			}
			return l
		}, false},
		{"after a clean stop", func(l *partition, c message.Conversation) *partition {
			for range cycle - 1 {
				refuse(l, c)
			}
			if err := l.stop(); err != nil {
				l.t.Fatal(err)
			}
			return l.again()
		}, true},
		{"after a crash, when it may have been assigned again", func(l *partition, c message.Conversation) *partition {
			for range cycle - window {
				l.submit(c, "later")
			}
			l.kill()
			return l.again()
		}, false},
		{"after a crash, when it was certainly not", func(l *partition, c message.Conversation) *partition {
			for range cycle - window - 1 {
				l.submit(c, "later")
			}
			l.kill()
			return l.again()
		}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := runLedger(t)
			c := relaytest.Conversation(t, "10690001", "447700900123")
			s := l.submit(c, "first")
			p := journal.Place{Conv: c, Number: s.Number, Ordinal: s.ordinal}
			l = tt.later(l, c)
			stands, err := l.Standing(&c)
			if err != nil {
				t.Fatal(err)
			}
			if got := stands(&p); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
