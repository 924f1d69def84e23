package relay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"readback/relay/message"
	"readback/relay/relaytest"
)

func TestFeedbackWaitsForAccount(t *testing.T) {
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
	r.wantEmpty(streamFeedback)
	stream, err := r.js.Stream(relaytest.Deadline(t), streamFeedback)
	if err != nil || stream.CachedInfo().State.LastSeq != 1 {
		t.Errorf("feedback: got %+v, %v, want one", stream.CachedInfo().State, err)
	}
}

func TestFeedbackIsRetriedInOrder(t *testing.T) {
	r := start(t, testOptions(t))
	c, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690001", "447700900124")
	for i := range 3 {
		r.read(c, r.submit(c, fmt.Sprint("a", i)).Number)
		r.read(other, r.submit(other, fmt.Sprint("b", i)).Number)
	}
	var mu sync.Mutex
	var told []string
	refusals := 3
	done := make(chan string, 16)
	r.deliver("bank", func(_ context.Context, fb *message.Feedback) error {
		mu.Lock()
		defer mu.Unlock()
		id := fb.MessageIDs[0]
		if id == "a0" && refusals > 0 {
			refusals--
			return errors.New("ESME_RX_T_APPN")
		}
		told = append(told, id)
		done <- id
		return nil
	})
	for range 6 {
		relaytest.Receive(t, done)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, conv := range []string{"a", "b"} {
		var got []string
		for _, id := range told {
			if id[:1] == conv {
				got = append(got, id)
			}
		}
		if !slices.IsSorted(got) || len(got) != 3 {
			t.Errorf("conversation %s: got %v, want 0 1 2", conv, got)
		}
	}
	if refusals != 0 {
		t.Errorf("refusals left: got %d, want 0", refusals)
	}
}

func TestPermanentRefusalIsBuried(t *testing.T) {
	r := start(t, testOptions(t))
	dead := make(chan *nats.Msg, 4)
	if _, err := r.Relay.nc.ChanSubscribe(subjectDead+"bank", dead); err != nil {
		t.Fatal(err)
	}
	c := relaytest.Conversation(t, "10690001", "447700900123")
	r.read(c, r.submit(c, "id1").Number)
	r.read(c, r.submit(c, "id2").Number)
	told := make(chan string, 4)
	r.deliver("bank", func(_ context.Context, fb *message.Feedback) error {
		if fb.MessageIDs[0] == "id1" {
			return message.Permanent(errors.New("ESME_RX_P_APPN"))
		}
		told <- fb.MessageIDs[0]
		return nil
	})
	m := relaytest.Receive(t, dead)
	if got := m.Header.Get("Readback-Reason"); got != "ESME_RX_P_APPN" {
		t.Errorf("reason: got %q", got)
	}
	if got := relaytest.Receive(t, told); got != "id2" {
		t.Errorf("next feedback: got %s, want id2", got)
	}
	r.wantEmpty(streamFeedback)
}

// wantEmpty waits until a stream holds nothing.
func (r *running) wantEmpty(stream string) {
	r.t.Helper()
	ctx := relaytest.Deadline(r.t)
	for {
		s, err := r.js.Stream(ctx, stream)
		if err != nil {
			r.t.Fatalf("stream %s: %v", stream, err)
		}
		if s.CachedInfo().State.Msgs == 0 {
			return
		}
	}
}

func TestTwoSessionsShareTheFeedback(t *testing.T) {
	r := start(t, testOptions(t))
	both := make(chan int, 2)
	var block [2]sync.Once
	release := make(chan struct{})
	told := make(chan string, 64)
	for i := range 2 {
		r.deliver("bank", func(ctx context.Context, fb *message.Feedback) error {
			block[i].Do(func() { both <- i })
			select {
			case <-release:
			case <-ctx.Done():
				return ctx.Err()
			}
			told <- fb.MessageIDs[0]
			return nil
		})
	}
	for i := range 40 {
		c := relaytest.Conversation(t, "10690001", fmt.Sprintf("4477009%05d", i))
		r.read(c, r.submit(c, fmt.Sprint("id", i)).Number)
	}
	// Ten are told at once, and both sessions wait for the next: each is likely to get one.
	relaytest.Receive(t, both)
	close(release)
	seen := make(map[string]bool)
	for range 40 {
		id := relaytest.Receive(t, told)
		if seen[id] {
			t.Errorf("%s was told twice", id)
		}
		seen[id] = true
	}
}

func TestFeedbackOfEndedSessionGoesToTheNext(t *testing.T) {
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	for i := range 3 {
		r.read(c, r.submit(c, fmt.Sprint("id", i)).Number)
	}
	asked := make(chan string, 4)
	leave := r.deliver("bank", func(ctx context.Context, fb *message.Feedback) error {
		asked <- fb.MessageIDs[0]
		<-ctx.Done()
		return ctx.Err()
	})
	relaytest.Receive(t, asked)
	leave()
	told := r.tellings("bank")
	for i := range 3 {
		if fb := relaytest.Receive(t, told); fb.MessageIDs[0] != fmt.Sprint("id", i) {
			t.Errorf("feedback %d: got %s", i, fb.MessageIDs[0])
		}
	}
}

func TestDeliveryOutlivesNATS(t *testing.T) {
	t.Parallel() // it waits for time-outs
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
	r.wantEmpty(streamFeedback)
	if err := r.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// What is being told when no more is to be comes to its end, and is not told again.
func TestNoMoreIsTold(t *testing.T) {
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	for i := range 2 {
		r.read(c, r.submit(c, fmt.Sprint("id", i)).Number)
	}
	asked, answer := make(chan string, 4), make(chan struct{})
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- r.feedback.Deliver(ctx, "bank", func(ctx context.Context, fb *message.Feedback) error {
			asked <- fb.MessageIDs[0]
			select {
			case <-answer:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	relaytest.Receive(t, asked)
	cancel(ErrNoMore)
	close(answer)
	if err := relaytest.Receive(t, done); err != nil {
		t.Fatal(err)
	}
	if fb := relaytest.Receive(t, r.tellings("bank")); fb.MessageIDs[0] != "id1" {
		t.Errorf("told by the next: got %s, want id1 alone", fb.MessageIDs[0])
	}
	if len(asked) > 0 {
		t.Errorf("told as well: %s", <-asked)
	}
	r.wantEmpty(streamFeedback)
}
