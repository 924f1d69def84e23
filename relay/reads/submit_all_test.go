package reads

import (
	"encoding/json"
	"fmt"
	"testing"

	"readback/relay/access"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/reads/readstest"
	"readback/relay/relaytest"
)

// A read response of an array that waits for the SMSC does not hold up the others, and is decided afterwards.
func TestItemsDoNotWaitForEachOther(t *testing.T) {
	l := readstest.NewLedger(t)
	rs := newService(l, nil)
	c, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690001", "447700900124")
	waits := l.Assign(c)
	l.Send(other, "id2")
	l.Send(other, "id3")
	items := []json.RawMessage{[]byte(`[]`)}
	for i, c := range []message.Conversation{c, other, other} {
		items = append(items, fmt.Appendf(nil, `{"receiver":%q,"sender":"10690001","number":%d}`, c.Receiver.String(), max(1, i)))
	}
	recorded := make(chan journal.Kind, len(items))
	l.Before = func(k journal.Kind) { recorded <- k }
	verdicts := make(chan []message.Verdict)
	go func() {
		verdicts <- rs.SubmitAll(relaytest.Deadline(t), items, "http", access.Caller{Name: "anybody"})
	}()
	relaytest.Receive(t, waits.Asked())
	relaytest.Receive(t, recorded)
	relaytest.Receive(t, recorded)
	l.Accept(waits, "id1")
	got := relaytest.Receive(t, verdicts)
	for i, want := range []message.VerdictKind{message.VerdictMalformed, message.VerdictAccepted, message.VerdictAccepted, message.VerdictAccepted} {
		if got[i].Kind != want {
			t.Errorf("item %d: got %+v, want kind %d", i, got[i], want)
		}
	}
	if f := l.Find(c, 1); f.Entry.State != message.StateRead {
		t.Errorf("the one that waited: got %v, want it read", f.Entry.State)
	}
}
