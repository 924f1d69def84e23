package relay

import (
	"testing"

	"readback/relay/access"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// A panic over one read response is a verdict on that one: the others of the array, and what
// comes later, are taken.
func TestPanicInARead(t *testing.T) {
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	r.submit(c, "id1")
	opt := r.reads.opt
	r.reads.opt = nil // which every read response is held against
	body := []byte(`{"receiver":"447700900123","sender":"10690001","number":1}`)
	a := r.api.submit(t.Context(), body, "http", access.Caller{Name: "anybody"})
	if a.Kind != message.VerdictFailed || a.Reason == "" {
		t.Errorf("verdict: got %+v, want 500 and a reason", a.Verdict)
	}
	r.reads.opt = opt
	if a := r.api.submit(t.Context(), body, "http", access.Caller{Name: "anybody"}); !a.IsAccepted() {
		t.Errorf("verdict on the next one: got %+v, want 202", a.Verdict)
	}
}
