package reads

import (
	"testing"
	"testing/synctest"
	"time"

	"readback/relay/message"
	"readback/relay/reads/readstest"
	"readback/relay/relaytest"
)

// The operator sees the last verdicts. Of what an erased receiver has sent no number stays.
func TestLatest(t *testing.T) {
	l := readstest.NewLedger(t)
	rs := newService(l, nil)
	l.Send(relaytest.Conversation(t, "10690001", "447700900123"), "id1")
	rd := Read{Receiver: "+447700900123", Sender: "10690001", Number: 1, Status: message.StatusRead, Way: "http"}
	rs.Submit(relaytest.Deadline(t), rd)
	rd.Number = 9
	rs.Submit(relaytest.Deadline(t), rd)
	all := rs.Latest()
	if len(all) != 2 || all[0].Number != 9 || all[0].Verdict.Kind != message.VerdictNotFound || all[0].ID != 2 ||
		!all[1].Verdict.IsAccepted() || all[1].Receiver != "+447700900123" || all[1].Way != "http" {
		t.Fatalf("got %+v, want the refused one and the accepted one", all)
	}
	other, err := message.ParsePhoneNumber("447700900124")
	if err != nil {
		t.Fatal(err)
	}
	rs.Forget(other)
	if all = rs.Latest(); all[0].Receiver == "" {
		t.Errorf("another receiver is erased: got %+v", all)
	}
	receiver, err := message.ParsePhoneNumber("447700900123")
	if err != nil {
		t.Fatal(err)
	}
	rs.Forget(receiver)
	for _, d := range rs.Latest() {
		if d.Receiver != "" || d.Sender != "" {
			t.Errorf("the receiver is erased: got %+v", d)
		}
	}
}

// However many come, few are noted in a second, and 200 are kept.
func TestLatestIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l latest
		for range 10 {
			for range 10 * maxNoted {
				l.note(&Read{}, message.Accept())
			}
			time.Sleep(time.Second)
		}
		all := l.all()
		if len(all) != keptVerdicts || all[0].ID != 10*maxNoted || all[keptVerdicts-1].ID != 10*maxNoted-keptVerdicts+1 {
			t.Errorf("got %d, the newest %d, want the last 200 of 500", len(all), all[0].ID)
		}
	})
}
