package ledger

import (
	"testing"

	"readback/relay/relaytest"
)

// An answer that comes after the message was given up is recorded as long as the number stands for
// the message.
func TestAcceptLate(t *testing.T) {
	for _, tt := range []struct {
		name  string
		later int  // messages after it
		taken bool // the SMSC takes these
		want  bool
	}{
		{"at once", 0, true, true},
		{"at the end of the cycle", 256, true, true},
		{"when the number has been assigned again", 257, true, false},
		{"when the number has been assigned again in vain", 257, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := runLedger(t)
			c := relaytest.Conversation(t, "10690001", "447700900123")
			s := toSend(c)
			if err := l.Assign(s); err != nil {
				t.Fatal(err)
			}
			l.Refuse(s)
			for range tt.later {
				if later := l.mustAssign(t, toSend(c)); tt.taken {
					l.accept(later, "later")
				} else {
					l.Refuse(later)
				}
			}
			l.AcceptLate(s, []byte("late"))
			l.submit(relaytest.Conversation(t, "10690001", "447700900124"), "of another conversation, in the log behind it")
			got := false
			for _, e := range l.entries(c) {
				got = got || e.MessageIDs()[0] == "late"
			}
			if got != tt.want {
				t.Errorf("recorded: got %v, want %v", got, tt.want)
			}
			if next := l.submit(c, "last"); next.ordinal != uint64(tt.later)+1 {
				t.Errorf("next ordinal: got %d, want %d", next.ordinal, tt.later+1)
			}
		})
	}
}
