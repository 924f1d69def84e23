package relay

import (
	"fmt"
	"testing"
	"time"

	"readback/relay/message"
	"readback/relay/relaytest"
)

// A message that the SMSC may deliver later than Keep can be read, and is shown, until a day after that time,
// also when the process restarts. Its feedback and its receipt go the usual way.
func TestLastingMessage(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	send := func(id string, until time.Duration) uint16 {
		s := tracked(c)
		s.At = s.At.Add(-20 * 24 * time.Hour)
		s.Until = time.Now().Add(until)
		if err := r.Ledger().Assign(s); err != nil {
			t.Fatal(err)
		}
		r.accept(s, id)
		return s.Number
	}
	over, scheduled, lasting := send("over", -10*24*time.Hour), send("scheduled", time.Hour), send("lasting", 5*24*time.Hour)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	r = start(t, opt)
	told := r.tellings("bank")
	r.Ledger().Receipt("bank", c, []byte("lasting"), message.StateDelivered, 0)
	r.awaitState(c, lasting, "delivered")
	for _, n := range []uint16{lasting, scheduled} {
		if code, body := r.call("POST", "/v1/reads", fmt.Sprintf(`{"receiver":"447700900123","sender":"10690001","number":%d}`, n)); code != 202 {
			t.Errorf("read of %d: got %d %s, want 202", n, code, body)
		}
		if fb := relaytest.Receive(t, told); fb.Number != n || fb.Status != message.StatusRead {
			t.Errorf("feedback: got %+v, want that on %d", fb, n)
		}
		r.awaitState(c, n, "read")
	}
	if code, body := r.call("POST", "/v1/reads", fmt.Sprintf(`{"receiver":"447700900123","sender":"10690001","number":%d}`, over)); code != 404 && code != 410 {
		t.Errorf("read of the message that is over: got %d %s, want 404 or 410", code, body)
	}
	if v, err := r.conversation("10690001", "447700900123"); err != nil || len(v.Messages) != 2 {
		t.Errorf("conversation: got %+v, %v, want two messages", v, err)
	}
}
