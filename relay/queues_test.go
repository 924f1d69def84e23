package relay

import (
	"net/http"
	"testing"
	"time"

	"readback/relay/feedback"
	"readback/relay/relaytest"
)

// The operator's API shows the queues that are not empty.
func TestQueuesAreShown(t *testing.T) {
	t.Parallel()
	r := start(t, testOptions(t))
	var got struct{ Queues []feedback.Queue }
	r.operate("GET", "/v1/feedback", http.StatusOK, &got)
	if got.Queues == nil || len(got.Queues) > 0 {
		t.Errorf("at first: got %+v, want none", got.Queues)
	}
	c := relaytest.Conversation(t, "10690001", "447700900123")
	for _, account := range []string{"bank", "visitor 1", "bank"} {
		s := tracked(c)
		s.Account = account
		if err := r.Ledger().Assign(s); err != nil {
			t.Fatal(err)
		}
		r.accept(s, "id")
		r.read(c, s.Number)
	}
	r.wantMessages(streamFeedback, 3)
	r.operate("GET", "/v1/feedback", http.StatusOK, &got)
	if len(got.Queues) != 2 || got.Queues[0].Account != "bank" || got.Queues[0].Waiting != 2 || got.Queues[0].Sessions != 0 ||
		time.Since(got.Queues[0].Oldest) > time.Minute || got.Queues[1].Account != "visitor 1" {
		t.Errorf("got %+v, want those of the bank and of the visitor", got.Queues)
	}
}
