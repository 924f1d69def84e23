package relay

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"readback/relay/message"
	"readback/relay/relaytest"
)

func TestFeedbackWaitsForAccount(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	s := r.submit(c, "id1")
	r.read(c, s.Number)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	r = start(t, opt)
	if fb := relaytest.Receive(t, r.tellings("bank")); fb.MessageIDs[0] != "id1" {
		t.Errorf("feedback after a restart: got %+v", fb)
	}
}

func TestSameReadAtOnceIsOneFeedback(t *testing.T) {
	t.Parallel()
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	s := tracked(c)
	s.Account = "a.b c" // no token of a subject as it is
	if err := r.Ledger().Assign(s); err != nil {
		t.Fatal(err)
	}
	r.accept(s, "id1")
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if v := r.Reads().Submit(relaytest.Deadline(t), response(c, s.Number)); !v.IsAccepted() {
				t.Errorf("read: got %+v, want 202", v)
			}
		})
	}
	wg.Wait()
	if fb := relaytest.Receive(t, r.tellings("a.b c")); fb.Account != "a.b c" {
		t.Errorf("account: got %q", fb.Account)
	}
	r.wantMessages(streamFeedback, 0)
	stream, err := r.conn.Load().JS.Stream(relaytest.Deadline(t), streamFeedback)
	if err != nil || stream.CachedInfo().State.LastSeq != 1 {
		t.Errorf("feedback: got %+v, %v, want one", stream.CachedInfo().State, err)
	}
}

func TestDeliveryOutlivesNATS(t *testing.T) {
	t.Parallel()
	store := t.TempDir()
	s := relaytest.NATS(t, store, server.RANDOM_PORT)
	port := relaytest.Port(t, s)
	opt := testOptions(t)
	opt.NATS, opt.Logger = s.ClientURL(), nil
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	entered, leave := make(chan struct{}), make(chan struct{})
	told := make(chan string, 8)
	r.deliver("bank", func(_ context.Context, fb *message.Feedback) error {
		if fb.MessageIDs[0] == "id1" {
			close(entered)
			<-leave
		}
		told <- fb.MessageIDs[0]
		return nil
	})
	r.read(c, r.submit(c, "id1").Number)
	relaytest.Receive(t, entered)
	relaytest.Halt(s)
	close(leave) // id1 is told, and cannot be acknowledged
	relaytest.Receive(t, told)
	relaytest.NATS(t, store, port)
	// An idle ledger notices the outage with its next append only.
	for s := tracked(c); ; {
		if err := r.WaitReady(relaytest.Deadline(t)); err != nil {
			t.Fatal(err)
		}
		if r.Ledger().Assign(s) != nil {
			continue
		}
		r.accept(s, "id2")
		if r.Reads().Submit(relaytest.Deadline(t), response(c, s.Number)).IsAccepted() {
			break
		}
	}
	if got := relaytest.Receive(t, told); got != "id2" {
		t.Errorf("after the outage: got %s, want id2", got)
	}
	r.wantMessages(streamFeedback, 0)
	if err := r.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// When the connection is back a session takes its queue anew, at once: the consumer is another one.
func TestQueueIsTakenAnew(t *testing.T) {
	t.Parallel()
	r := start(t, testOptions(t))
	told := r.tellings("bank")
	c := relaytest.Conversation(t, "10690001", "447700900123")
	r.read(c, r.submit(c, "id1").Number)
	relaytest.Receive(t, told)
	created := func() time.Time {
		consumer, err := r.conn.Load().JS.Consumer(relaytest.Deadline(t), streamFeedback, "bank")
		if err != nil {
			return time.Time{} // not at this moment
		}
		return consumer.CachedInfo().Created
	}
	before := created()
	if err := r.conn.Load().NC.ForceReconnect(); err != nil {
		t.Fatal(err)
	}
	for ctx := relaytest.Deadline(t); !created().After(before); runtime.Gosched() {
		if ctx.Err() != nil {
			t.Fatal("the queue is not taken anew")
		}
	}
}
