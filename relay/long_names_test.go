package relay

import (
	"context"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"readback/relay/broker"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// A name that is longer than any address or account comes into no subject: NATS would end the
// connection of the process, and the ledger with it.
func TestLongNames(t *testing.T) {
	r := start(t, testOptions(t))
	way := &topicIntake{streamIntake: &streamIntake{submitter: r.submitter, nc: r.nc, log: r.log}}
	long := strings.Repeat(".", 4085)
	for name, use := range map[string]func(){
		"account of a session": func() {
			if err := r.feedback.Deliver(t.Context(), long, func(context.Context, *message.Feedback) error { return nil }); err == nil {
				t.Error("deliver: got no error, want one")
			}
		},
		"account of a receipt": func() {
			c := relaytest.Conversation(t, "10690001", "447700900123")
			r.submit(c, "id1")
			if held, err := r.feedback.HoldReceipt(t.Context(), long, c, []byte("id1"), []byte("receipt")); held || err != nil {
				t.Errorf("hold: got %v, %v, want that it passes", held, err)
			}
		},
		"receiver of a topic": func() {
			way.answerTopic(t.Context(), &nats.Msg{Subject: broker.SubjectReadsOf + strings.Repeat("9", 4085), Data: []byte(`{"number":1}`)})
		},
		"reply of a topic": func() {
			topic := "447700900123"
			way.answerTopic(t.Context(), &nats.Msg{
				Subject: broker.SubjectReadsOf + topic, Reply: broker.SubjectVerdictsOf + topic + "." + long, Data: []byte(`{"number":1}`),
			})
		},
	} {
		use()
		if err := r.nc.FlushWithContext(relaytest.Deadline(t)); err != nil {
			t.Fatalf("%s: got %v, want a connection that lives on", name, err)
		}
		if err := r.Ready(); err != nil {
			t.Fatalf("%s: got %v, want a ledger that is up", name, err)
		}
	}
}
