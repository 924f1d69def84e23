package reads

import (
	"encoding/json"
	"testing"
	"time"

	"readback/relay/access"
	"readback/relay/message"
	"readback/relay/reads/readstest"
	"readback/relay/relaytest"
)

// A read response without a sender needs one outstanding message with its number.
func TestAmbiguousWithoutSender(t *testing.T) {
	l := readstest.NewLedger(t)
	rs := newService(l, nil)
	a, b := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690002", "447700900123")
	l.Send(a, "id1")
	l.Send(b, "id2")
	rd := Read{Receiver: "447700900123", Number: 1, Status: message.StatusRead, ID: "x"}
	if v := rs.Submit(relaytest.Deadline(t), rd); v.Kind != message.VerdictAmbiguous || v.Field != "sender" {
		t.Errorf("two senders: got %+v, want that the sender is needed", v)
	}
	rd.Sender = "10690001"
	if v := rs.Submit(relaytest.Deadline(t), rd); !v.IsAccepted() {
		t.Errorf("named sender: got %+v, want it accepted", v)
	}
	rd.Sender = ""
	if v := rs.Submit(relaytest.Deadline(t), rd); !v.IsAccepted() {
		t.Errorf("the same again without a sender: got %+v, want it accepted", v)
	}
	if f := l.Find(b, 1); f.Entry.State != message.StateSent {
		t.Errorf("the other conversation: got %v, want sent", f.Entry.State)
	}
	l.Assign(relaytest.Conversation(t, "10690003", "447700900123"))
	rd.ID = ""
	if v := rs.Submit(relaytest.Deadline(t), rd); v.Kind != message.VerdictAmbiguous {
		t.Errorf("one logged, one on its way: got %+v, want that the sender is needed", v)
	}
}

// The SMSC's answer to a message decides the verdict on a read response that waits for it.
func TestReadWaitsForAnswer(t *testing.T) {
	for _, tt := range []struct {
		name   string
		accept bool
		want   message.VerdictKind
	}{{"accepted", true, message.VerdictAccepted}, {"refused", false, message.VerdictNotFound}} {
		t.Run(tt.name, func(t *testing.T) {
			l := readstest.NewLedger(t)
			rs := newService(l, nil)
			m := l.Assign(relaytest.Conversation(t, "10690001", "447700900123"))
			verdict := make(chan message.Verdict)
			go func() { verdict <- rs.Submit(relaytest.Deadline(t), responseTo(m)) }()
			relaytest.Receive(t, m.Asked())
			if tt.accept {
				l.Accept(m, "id1")
			} else {
				l.Refuse(m)
			}
			if v := relaytest.Receive(t, verdict); v.Kind != tt.want {
				t.Errorf("got %+v, want kind %d", v, tt.want)
			}
		})
	}
}

// A panic over one read response is a verdict on that one: what comes later is taken.
func TestPanicInARead(t *testing.T) {
	l := readstest.NewLedger(t)
	rs := newService(l, nil)
	l.Send(relaytest.Conversation(t, "10690001", "447700900123"), "id1")
	opt := rs.opt
	rs.opt = nil // which every read response needs
	body := []json.RawMessage{[]byte(`{"receiver":"447700900123","sender":"10690001","number":1}`)}
	if v := rs.SubmitAll(t.Context(), body, "http", access.Caller{Name: "anybody"})[0]; v.Kind != message.VerdictFailed || v.Reason == "" {
		t.Errorf("verdict: got %+v, want a fault of the process and a reason", v)
	}
	rs.opt = opt
	if v := rs.SubmitAll(t.Context(), body, "http", access.Caller{Name: "anybody"})[0]; !v.IsAccepted() {
		t.Errorf("verdict on the next one: got %+v, want it accepted", v)
	}
}

// A Service forgets the rates and the ids of one receiver, and keeps those of others.
func TestReadsForget(t *testing.T) {
	rs := newService(readstest.NewLedger(t), func(opt *Options) { opt.ReadRate, opt.ReadBurst = 1, 1 })
	mine, other := relaytest.Addr(t, "447700900123"), relaytest.Addr(t, "447700900124")
	now := time.Now()
	for _, receiver := range []message.Addr{mine, other} {
		rs.rates.Take(&receiver, false, now)
		rs.proven.Take(&receiver, true, now)
		for range 2 {
			rs.guesses.Wrong(access.Source{Number: receiver}, now)
		}
		rs.replays.claim(replayKey{receiver, 7}, said{}, now)
	}
	rs.Forget(mine)
	for receiver, want := range map[message.Addr]bool{mine: true, other: false} {
		if got := rs.rates.Take(&receiver, false, now) == 0; got != want {
			t.Errorf("%s: got another read taken: %v, want %v", receiver, got, want)
		}
		if got := rs.proven.Take(&receiver, true, now) == 0; got != want {
			t.Errorf("%s: got another proof taken: %v, want %v", receiver, got, want)
		}
	}
	if got, of := rs.guesses.Wait(access.Source{Number: mine}, now), rs.guesses.Wait(access.Source{Number: other}, now); got >= of {
		t.Errorf("guesses: got a wait of %v, want less than that of the other receiver, %v", got, of)
	}
	if got := rs.replays.seen.Len(); got != 1 {
		t.Errorf("ids: got %d in memory, want that of the other receiver", got)
	}
}
