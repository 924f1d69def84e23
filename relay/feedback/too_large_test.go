package feedback

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// refusing is js, but it finds messages too large for which refuses is true. What it takes is in taken.
func refusing(refuses func(*nats.Msg) bool) (js jetstream.JetStream, taken *[]*nats.Msg) {
	taken = new([]*nats.Msg)
	take := func(m *nats.Msg) error {
		if refuses(m) {
			return nats.ErrMaxPayload
		}
		*taken = append(*taken, &nats.Msg{Subject: m.Subject, Data: m.Data})
		return nil
	}
	return &fakeJS{publish: take, publishAsync: take}, taken
}

// withIDs is the JSON of a feedback with so many message_ids.
func withIDs(n int) []byte {
	fb := message.Feedback{Event: "01JABCDEFGHJKMNPQRSTVWXYZ0", Account: "bank", Number: 7}
	for i := range n {
		fb.MessageIDs = append(fb.MessageIDs, fmt.Sprintf("\x01%03d", i))
	}
	data, _ := json.Marshal(&fb)
	return data
}

func TestShorten(t *testing.T) {
	for _, tt := range []struct {
		data string
		want int // message_ids; 0: it cannot be made shorter
	}{
		{string(withIDs(255)), 127},
		{string(withIDs(4)), 2},
		{string(withIDs(3)), 2},
		{string(withIDs(2)), 0},
		{string(withIDs(1)), 0},
		{`{"account":"bank"}`, 0},
		{`{"message_ids":7}`, 0},
		{"{", 0},
		{"", 0},
	} {
		shorter, ok := shorten([]byte(tt.data))
		var fb message.Feedback
		if ok != (tt.want > 0) {
			t.Errorf("%.40s: got %v, want %v", tt.data, ok, tt.want > 0)
		}
		if !ok {
			continue
		}
		if err := json.Unmarshal(shorter, &fb); err != nil || len(fb.MessageIDs) != tt.want || fb.MessageIDs[0] != "\x01000" || fb.Number != 7 {
			t.Errorf("%.40s: got %+v, %v, want the first %d message_ids", tt.data, fb, err, tt.want)
		}
	}
}

// A feedback that is too large goes without its last message_ids. What can never be published is a dead
// letter, and an ERROR names it. Neither holds up what comes behind it.
func TestOutboxGoesOn(t *testing.T) {
	for _, tt := range []struct {
		name    string
		body    []byte
		refuses func(*nats.Msg) bool
		outcome string
		subject string // where it goes; empty: nowhere
		ids     int
		line    string
	}{
		{"too large", withIDs(255), func(m *nats.Msg) bool { return len(m.Data) > 1000 }, "published", "readback.feedback.0.bank", 31, "goes without its last message_ids"},
		{"too large in any case", withIDs(255), func(m *nats.Msg) bool { return strings.HasPrefix(m.Subject, queueSubject) }, "dead", "readback.dead.bank", 255, "level=ERROR msg=\"feedback cannot be published at all\" account=bank event=01JABCDEFGHJKMNPQRSTVWXYZ0"},
		{"too large for a dead letter, too", withIDs(1), func(*nats.Msg) bool { return true }, "dead", "", 0, "level=ERROR msg=\"feedback is lost: it is too large for a dead letter\" account=bank"},
		{"malformed", []byte("{"), func(*nats.Msg) bool { return false }, "dead", "readback.dead.=", 0, "level=ERROR msg=\"feedback cannot be published at all\""},
		{"without an event", []byte(`{"account":"a.b"}`), func(*nats.Msg) bool { return false }, "dead", "readback.dead.a=2Eb", 0, "level=ERROR"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, lines := newFixture(t, newTestIndex(t)), &relaytest.LogLines{}
			js, taken := refusing(tt.refuses)
			f.js, f.log = js, lines.Logger()
			p, err := f.outbox.send(t.Context(), index.Row{Seq: 3, Body: tt.body})
			if err != nil || p.outcome != tt.outcome || p.ack != nil {
				t.Errorf("got %+v, %v, want %s", p, err, tt.outcome)
			}
			if lines.Count(tt.line) != 1 {
				t.Errorf("want the line %s", tt.line)
			}
			if tt.subject == "" {
				if len(*taken) > 0 {
					t.Errorf("got %+v, want it nowhere", (*taken)[0])
				}
				return
			}
			var fb message.Feedback
			if len(*taken) != 1 || (*taken)[0].Subject != tt.subject || tt.ids > 0 && (json.Unmarshal((*taken)[0].Data, &fb) != nil || len(fb.MessageIDs) != tt.ids) {
				t.Errorf("got %+v with %d ids, want it in %s with %d", *taken, len(fb.MessageIDs), tt.subject, tt.ids)
			}
		})
	}
}

// One feedback of three can never be published: all leave the outbox. If it cannot be a dead letter
// either now, it stays.
func TestOutboxWithOneTooLarge(t *testing.T) {
	ix := newTestIndex(t)
	ix.writeReads(3)
	f := newFixture(t, ix)
	js, taken := refusing(func(m *nats.Msg) bool {
		return strings.HasPrefix(m.Subject, queueSubject) && strings.Contains(string(m.Data), `"id1"`)
	})
	refused := withoutPublish(js)
	refused.(*fakeJS).publishAsync = js.(*fakeJS).publishAsync
	f.js = refused
	if _, err := f.outbox.publish(t.Context()); !errors.Is(err, journal.ErrUnreachable) || f.gone() != "" {
		t.Errorf("no dead letters: got %v, want %v, and all in the outbox", err, journal.ErrUnreachable)
	}
	*taken = nil
	f.js = js
	if _, err := f.outbox.publish(t.Context()); err != nil {
		t.Error(err)
	}
	var subjects []string
	for _, m := range *taken {
		subjects = append(subjects, m.Subject)
	}
	if got := f.gone(); got != "2.0 3.0 4.0 " || !slices.Equal(subjects, []string{"readback.feedback.0.bank", "readback.dead.bank", "readback.feedback.0.bank"}) {
		t.Errorf("got rows %sgone to %q", got, subjects)
	}
	if dead, published := f.counted("dead"), f.counted("published"); dead != 1 || published != 2 {
		t.Errorf("counted: got %v dead, %v published, want 1 and 2", dead, published)
	}
}

// The stream itself may have a bound, which it says in its answer.
func TestTooLargeForTheStream(t *testing.T) {
	f := servedFixture(t)
	c := Streams(&Settings{})[0]
	c.Storage, c.MaxMsgSize = jetstream.FileStorage, 1000
	if _, err := f.js.UpdateStream(relaytest.Deadline(t), c); err != nil {
		t.Fatal(err)
	}
	for _, ids := range []int{2, 255} {
		p, err := f.outbox.send(relaytest.Deadline(t), index.Row{Body: withIDs(ids)})
		if err == nil {
			err = f.outbox.await(relaytest.Deadline(t), &p)
		}
		if err != nil || p.outcome != "published" {
			t.Errorf("%d message_ids: got %+v, %v, want it published", ids, p, err)
		}
	}
}

// An event that is too large goes without its last message_ids. What can never be published is dropped,
// and an ERROR names it.
func TestEventsGoOnWithoutOne(t *testing.T) {
	for _, tt := range []struct {
		name    string
		body    []byte
		refuses func(*nats.Msg) bool
		taken   int
		line    string
	}{
		{"too large", withIDs(255), func(m *nats.Msg) bool { return len(m.Data) > 1000 }, 1, ""},
		{"too large in any case", withIDs(255), func(*nats.Msg) bool { return true }, 0, "level=ERROR msg=\"event cannot be published, and is dropped\" account=bank event=01JABCDEFGHJKMNPQRSTVWXYZ0"},
		{"malformed", []byte("{"), func(*nats.Msg) bool { return false }, 0, "level=ERROR"},
	} {
		f, lines := newFixture(t, newTestIndex(t)), &relaytest.LogLines{}
		js, taken := refusing(tt.refuses)
		f.js, f.log = js, lines.Logger()
		if ack, err := f.events.send(t.Context(), index.Row{Body: tt.body}); ack != nil || err != nil || len(*taken) != tt.taken {
			t.Errorf("%s: got %v, %v, %d taken, want %d", tt.name, ack, err, len(*taken), tt.taken)
		}
		if tt.line != "" && lines.Count(tt.line) != 1 {
			t.Errorf("%s: want the line %s", tt.name, tt.line)
		}
	}
}

// A message in a queue that is no feedback is a dead letter.
func TestMalformedIsADeadLetter(t *testing.T) {
	f := servedFixture(t)
	if _, err := f.js.Publish(relaytest.Deadline(t), queueSubject+"bank", []byte("no JSON")); err != nil {
		t.Fatal(err)
	}
	f.fill("bank", relaytest.Conversation(t, "10690001", "447700900123"), "id1")
	relaytest.Receive(t, f.told("bank"))
	f.wantMessages(queueStream, 0)
	if all := f.letters(); len(all) != 1 || all[0].Account != "bank" || !strings.Contains(all[0].Reason, "invalid character") {
		t.Errorf("got %+v, want it as a dead letter of the bank", all)
	}
}

// A receipt that could not be released passes.
func TestLargeReceiptPasses(t *testing.T) {
	f := servedFixture(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	f.delivered(c, "A", time.Now(), time.Time{})
	limit := int(f.js.Conn().MaxPayload())
	for octets, want := range map[int]bool{limit * 3 / 4: false, (limit - releaseRoom) * 3 / 4: false, (limit-releaseRoom)*3/4 - 1000: true} {
		held, err := f.HoldReceipt(relaytest.Deadline(t), "bank", c, []byte("A"), make([]byte, octets))
		if held != want || err != nil {
			t.Errorf("%d octets: got held %v, %v, want %v", octets, held, err, want)
		}
	}
	f.Use(Settings{FeedbackKeep: time.Hour, Account: holding(time.Second)})
	if err := f.releaseDue(relaytest.Deadline(t), time.Now().Add(time.Hour)); err != nil {
		t.Error(err)
	}
	f.wantMessages(queueStream, 1)
}

// A held receipt that cannot be released holds up no other account.
func TestReleaseGoesOn(t *testing.T) {
	f := servedFixture(t)
	f.Use(Settings{FeedbackKeep: time.Hour, Account: holding(time.Hour)})
	old := time.Now().Add(-2 * time.Hour)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	for _, account := range []string{"airline", "bank", "shop"} {
		f.holds(account, c, "A", old)
	}
	if _, err := f.js.Publish(relaytest.Deadline(t), heldSubject+"shop", []byte(`{"account":"shop","sender":"","at":"2026-11-01T00:00:00Z"}`)); err != nil {
		t.Fatal(err)
	}
	js := f.js
	f.js = &fakeJS{JetStream: js, publish: func(m *nats.Msg) error {
		switch m.Subject {
		case queueSubject + "airline":
			return nats.ErrMaxPayload
		case queueSubject + "bank":
			return journal.ErrUnreachable
		}
		_, err := js.PublishMsg(relaytest.Deadline(t), m)
		return err
	}}
	if err := f.releaseDue(relaytest.Deadline(t), time.Now()); !errors.Is(err, journal.ErrUnreachable) {
		t.Errorf("got %v, want %v", err, journal.ErrUnreachable)
	}
	if got := f.inQueue("shop"); len(got) != 1 || f.state(heldStream).Msgs != 1 || len(f.letters()) != 1 {
		t.Errorf("got %d of the shop released, %d held and %d dead letters, want 1, that of the bank, and that of the airline",
			len(got), f.state(heldStream).Msgs, len(f.letters()))
	}
}
