package relay

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/relay/ledger"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// submitOld sends a message of two days ago.
func (r *running) submitOld(c message.Conversation, id string) *ledger.Sent {
	r.t.Helper()
	s := tracked(c)
	s.At = time.Now().Add(-48 * time.Hour)
	if err := r.Ledger().Assign(s); err != nil {
		r.t.Fatal(err)
	}
	r.accept(s, id)
	return s
}

// feedbackDies reads a number of each conversation, and returns when the ESME has refused the feedback.
func (r *running) feedbackDies(number uint16, all ...message.Conversation) {
	r.t.Helper()
	for _, c := range all {
		r.read(c, number)
	}
	leave := r.deliver("bank", refusing)
	r.awaitDead(len(all))
	r.wantMessages(streamFeedback, 0)
	leave()
}

// An erasure removes one receiver everywhere, and leaves the others.
func TestErase(t *testing.T) {
	t.Parallel()
	opt, reg := testOptions(t), prometheus.NewRegistry()
	opt.Registerer = reg
	opt.ReadRate, opt.ReadBurst = 1, 3 // as many reads as are sent for a receiver before it is erased
	r := start(t, opt)
	mine, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690001", "447700900124")
	second := relaytest.Conversation(t, "bank", "447700900123")
	for _, c := range []message.Conversation{mine, second, other} {
		for i := range 4 {
			r.submit(c, fmt.Sprint("id", i))
		}
	}
	old := r.submitOld(mine, "old")
	r.feedbackDies(1, mine, other)
	for _, c := range []message.Conversation{mine, second, other} { // these wait
		r.read(c, 2)
	}
	r.wantMessages(streamFeedback, 3)
	if code, body := r.call("DELETE", "/v1/receivers/+447700900123", ""); code != 204 || body != "" {
		t.Fatalf("got %d %s, want 204", code, body)
	}
	for _, c := range []message.Conversation{mine, second} {
		if f := r.found(c, 1); f != nil {
			t.Errorf("%v: got %+v, want no message", c.Sender, f)
		}
		if v := r.Reads().Submit(relaytest.Deadline(t), response(c, 3)); v.Kind != message.VerdictNotFound {
			t.Errorf("%v: read: got %+v, want 404", c.Sender, v)
		}
	}
	if f := r.found(mine, old.Number); f != nil {
		t.Errorf("of another day: got %+v, want no message", f)
	}
	if f := r.found(other, 3); f == nil {
		t.Error("the other receiver: got no message")
	}
	r.ledger.CountHeads()
	if got := relaytest.Metric(t, reg, "readback_ledger_conversations", ""); got != 1 {
		t.Errorf("in memory: got %v conversations, want that of the other receiver", got)
	}
	r.wantMessages(streamFeedback, 1)
	r.wantMessages(streamDead, 1)
	if key := r.keyWith("447700900123"); key != "" {
		t.Errorf("got key %q in the index", key)
	}
	if files := indexFilesWith(t, opt.Store, "447700900123"); len(files) > 0 {
		t.Errorf("got files %q of the index with the number", files)
	}
	if fb := relaytest.Receive(t, r.tellings("bank")); fb.Receiver != "447700900124" || fb.Number != 2 {
		t.Errorf("feedback: got %+v, want that of the other receiver", fb)
	}
}

// keyWith returns a key or value of the index with these octets in it.
func (r *running) keyWith(octets string) string {
	r.t.Helper()
	found := ""
	if err := r.index.EachRow(func(key, value []byte) bool {
		if pair := string(key) + "=" + string(value); strings.Contains(pair, octets) {
			found = pair
		}
		return found == ""
	}); err != nil {
		r.t.Fatal(err)
	}
	return found
}

// After an erasure no number is assigned twice: not at once, not after a kill, and not after the
// index was built again. Building it again does not bring the messages back.
func TestEraseKeepsNumbers(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	opt.First, opt.Last, opt.Logger = 0, 60_000, nil // no number comes again
	c := relaytest.Conversation(t, "10690001", "447700900123")
	r := start(t, opt)
	last := uint16(0)
	send := func(n int) {
		t.Helper()
		for range n {
			s := r.submit(c, "id")
			if s.Number < last {
				t.Fatalf("got number %d, want at least %d", s.Number, last)
			}
			last = s.Number + 1
		}
	}
	erase := func() {
		t.Helper()
		if v := r.Erase(relaytest.Deadline(t), c.Receiver); !v.IsAccepted() {
			t.Fatalf("erase: got %+v", v)
		}
	}
	lives := []struct {
		name string
		end  func()
	}{
		{"stop", func() { _ = r.stop() }},
		{"kill", func() { r.crash() }},
		{"kill and no index", func() { r.crash(); remove(t, opt.Store) }},
		{"stop and no index", func() { _ = r.stop(); remove(t, opt.Store) }},
	}
	for _, life := range lives {
		send(20)
		erase()
		send(3)
		erase()
		number := r.opt.First + uint16(last-1)
		life.end()
		r = start(t, opt)
		if f := r.found(c, number); f != nil {
			t.Errorf("%s: got %+v, want no message", life.name, f)
		}
		if key := r.keyWith("447700900123"); key != "" {
			t.Errorf("%s: got key %q in the index", life.name, key)
		}
	}
	send(1)
}

func remove(t *testing.T, store string) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(store, "index")); err != nil {
		t.Fatal(err)
	}
}

// An erasure waits for another erasure, or for the log, no longer than its caller's context.
func TestEraseWaitsNoLongerThanItsCaller(t *testing.T) {
	t.Parallel()
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	ctx, cancel := context.WithCancel(relaytest.Deadline(t))
	cancel()
	verdicts := make(chan message.Verdict, 1)
	erase := func() { verdicts <- r.Erase(ctx, c.Receiver) }
	r.busy <- struct{}{}
	go erase()
	if v := relaytest.Receive(t, verdicts); v.Kind != message.VerdictUnavailable {
		t.Errorf("another one is at work: got %+v, want 503", v)
	}
	<-r.busy
	r.status.Set(ledger.ErrDown)
	r.feedback.WhilePaused(func() { // until the log has room
		go erase()
		if v := relaytest.Receive(t, verdicts); v.Kind != message.VerdictUnavailable {
			t.Errorf("the ledger is away: got %+v, want 503", v)
		}
	})
}

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
	if err := r.conn.Load().JS.DeleteStream(relaytest.Deadline(t), streamEvents); err != nil {
		t.Fatal(err)
	}
	if v := r.Erase(relaytest.Deadline(t), receiver); v.Kind != message.VerdictUnavailable || v.RetryAfter == 0 {
		t.Errorf("without the stream: got %+v, want 503 and when to ask again", v)
	}
	v := r.Erase(relaytest.Deadline(t), receiver)
	for ctx := relaytest.Deadline(t); !v.IsAccepted() && ctx.Err() == nil; { // until the stream is made again
		v = r.Erase(ctx, receiver)
	}
	if !v.IsAccepted() {
		t.Errorf("again: got %+v, want 202", v)
	}
}
