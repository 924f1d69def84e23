package reads

import (
	"testing"
	"time"

	"readback/internal/metric"
	"readback/relay/message"
	"readback/relay/reads/readstest"
	"readback/relay/relaytest"
)

// A read response names its sender in UTF-8. The message may have it in Latin-1, or in capitals. If both
// forms have the number outstanding, neither is chosen.
func TestSenderForms(t *testing.T) {
	l := readstest.NewLedger(t)
	rs := newService(l, nil)
	const latin1, utf8, both = "447700900123", "447700900124", "447700900125"
	l.Send(relaytest.Conversation(t, "m\xfcller", latin1), "A")
	l.Send(relaytest.Conversation(t, "müller", utf8), "B")
	l.Send(relaytest.Conversation(t, "m\xfcller", both), "C")
	l.Send(relaytest.Conversation(t, "müller", both), "D")
	for _, tt := range []struct {
		receiver, sender string
		want             message.VerdictKind
	}{
		{latin1, "Mueller", message.VerdictNotFound},
		{latin1, "Möller", message.VerdictNotFound},
		{latin1, "Müller", message.VerdictAccepted},
		{latin1, "MÜLLER", message.VerdictAccepted}, // a repetition
		{latin1, "M\xfcller", message.VerdictAccepted},
		{utf8, "M\xdcLLER", message.VerdictAccepted},
		{utf8, "müller", message.VerdictAccepted},
		{both, "Müller", message.VerdictAmbiguous},
		{both, "M\xfcller", message.VerdictAmbiguous},
	} {
		rd := Read{Receiver: tt.receiver, Sender: tt.sender, Number: 1, Status: message.StatusRead}
		if v := rs.Submit(t.Context(), rd); v.Kind != tt.want {
			t.Errorf("%q to %s: got %+v, want %v", tt.sender, tt.receiver, v, tt.want)
		}
	}
	for _, receiver := range []string{latin1, utf8} {
		if f := l.Find(relaytest.Conversation(t, map[string]string{latin1: "m\xfcller", utf8: "müller"}[receiver], receiver), 1); f == nil || f.Entry.State != message.StateRead {
			t.Errorf("to %s: got %+v, want it read", receiver, f)
		}
	}
}

// A read response waits for the answer to a message of any form of its sender, and for no other's.
func TestSenderFormsOutstanding(t *testing.T) {
	l := readstest.NewLedger(t)
	rs := newService(l, nil)
	m := l.Assign(relaytest.Conversation(t, "m\xfcller", "447700900123"))
	for sender, waits := range map[string]bool{"Müller": true, "MÜLLER": true, "Möller": false} {
		q, v := rs.check(&Read{Receiver: m.Receiver.String(), Sender: sender, Number: m.Number, Status: message.StatusRead}, time.Now())
		if v.IsDecided() {
			t.Fatalf("%s: got %+v", sender, v)
		}
		if _, changed, _ := rs.look(&q); (changed != nil) != waits {
			t.Errorf("%s: waits %t, want %t", sender, changed != nil, waits)
		}
	}
}

// A conversation is shown under any form of its sender.
func TestConversationOfForms(t *testing.T) {
	l := readstest.NewLedger(t)
	vs := NewConversations(l, l.Index, NewBudget(NewMetrics(metric.With(nil), nil)), time.Hour)
	l.Send(relaytest.Conversation(t, "m\xfcller", "447700900123"), "\x80A")
	for sender, want := range map[string]int{"Müller": 1, "M\xfcller": 1, "MÜLLER": 1, "Mueller": 0} {
		v, err := vs.View(sender, relaytest.Addr(t, "447700900123"), nil)
		if err != nil || len(v.Messages) != want {
			t.Fatalf("%q: got %+v, %v, want %d messages", sender, v, err, want)
		}
		if want > 0 && v.Messages[0].MessageIDs[0] != "\u0080A" {
			t.Errorf("%q: got message_id %q, want it as Latin-1", sender, v.Messages[0].MessageIDs[0])
		}
	}
}
