package relay

import (
	"context"
	"strings"
	"testing"

	"readback/relay/message"
	"readback/relay/relaytest"
)

// A name that is longer than any address or account comes into no subject: NATS would end the
// connection of the process, and the ledger with it.
func TestLongNames(t *testing.T) {
	t.Parallel()
	r := start(t, testOptions(t))
	long := strings.Repeat(".", 4085)
	for name, use := range map[string]func(){
		"account of a session": func() {
			if err := r.feedback.Deliver(t.Context(), long, 0, func(context.Context, *message.Feedback) error { return nil }); err == nil {
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
	} {
		use()
		if err := r.conn.Load().NC.FlushWithContext(relaytest.Deadline(t)); err != nil {
			t.Fatalf("%s: got %v, want a connection that lives on", name, err)
		}
		if err := r.Ready(); err != nil {
			t.Fatalf("%s: got %v, want a ledger that is up", name, err)
		}
	}
}
