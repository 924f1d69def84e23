package relay

import (
	"testing"

	"readback/relay/message"
	"readback/relay/relaytest"
)

// An erasure removes feedback that is still in the outbox.
func TestEraseFromOutbox(t *testing.T) {
	t.Parallel()
	r := start(t, testOptions(t))
	mine, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690001", "447700900124")
	r.submit(mine, "id1")
	r.submit(other, "id2")
	erased := make(chan message.Verdict, 1)
	r.feedback.WhilePaused(func() {
		r.read(mine, 1)
		r.read(other, 1)
		go func() { erased <- r.Erase(relaytest.Deadline(t), mine.Receiver) }()
	})
	// Whoever comes first, the publisher or the erasure: nothing of mine is left.
	if v := relaytest.Receive(t, erased); !v.IsAccepted() {
		t.Fatalf("erase: got %+v", v)
	}
	if fb := relaytest.Receive(t, r.tellings("bank")); fb.Receiver != "447700900124" {
		t.Errorf("feedback: got %+v, want that of the other receiver", fb)
	}
	r.wantMessages(streamFeedback, 0)
	if rows, err := r.index.OutboxRows(); err != nil || rows > 1 { // the record of the other one's may follow
		t.Errorf("got %d rows, %v", rows, err)
	}
}

// An erasure that cannot go through a stream is to be requested again.
func TestEraseIsRequestedAgain(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	opt.Logger = nil
	r := start(t, opt)
	receiver := relaytest.Addr(t, "447700900123")
	s, err := r.conn.JS.Stream(relaytest.Deadline(t), streamHeld)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.conn.JS.DeleteStream(relaytest.Deadline(t), streamHeld); err != nil {
		t.Fatal(err)
	}
	if v := r.Erase(relaytest.Deadline(t), receiver); v.Kind != message.VerdictUnavailable || v.RetryAfter == 0 {
		t.Errorf("without the stream: got %+v, want 503 and when to ask again", v)
	}
	if _, err := r.conn.JS.CreateStream(relaytest.Deadline(t), s.CachedInfo().Config); err != nil {
		t.Fatal(err)
	}
	if v := r.Erase(relaytest.Deadline(t), receiver); !v.IsAccepted() {
		t.Errorf("again: got %+v, want 202", v)
	}
}
