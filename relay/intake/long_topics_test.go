package intake

import (
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"readback/relay/broker"
	"readback/relay/relaytest"
)

// A topic or reply that is longer than any address comes into no subject: NATS would end the
// connection of the process.
func TestLongTopics(t *testing.T) {
	opt := testOptions(t)
	opt.Listen = "127.0.0.1:0"
	r := serve(t, opt)
	long := strings.Repeat(".", 4085)
	way := &topics{streamReader: &streamReader{Submitter: r.submitter, nc: r.nc, log: opt.Logger}}
	for name, use := range map[string]func(){
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
	}
}
