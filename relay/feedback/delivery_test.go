package feedback

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"readback/relay/message"
	"readback/relay/relaytest"
)

func TestFeedbackIsRetriedInOrder(t *testing.T) {
	f := servedFixture(t)
	c, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690001", "447700900124")
	for i := range 3 {
		f.fill("bank", c, fmt.Sprint("a", i))
		f.fill("bank", other, fmt.Sprint("b", i))
	}
	var mu sync.Mutex
	var told []string
	refusals := 3
	done := make(chan string, 16)
	f.deliver("bank", func(_ context.Context, fb *message.Feedback) error {
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

// A feedback that is refused for good becomes a dead letter, and the next one is delivered.
func TestPermanentRefusal(t *testing.T) {
	f := servedFixture(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	f.fill("bank", c, "id1", "id2")
	told := make(chan string, 4)
	f.deliver("bank", func(_ context.Context, fb *message.Feedback) error {
		if fb.MessageIDs[0] == "id1" {
			return message.Permanent(errors.New("ESME_RX_P_APPN"))
		}
		told <- fb.MessageIDs[0]
		return nil
	})
	if got := relaytest.Receive(t, told); got != "id2" {
		t.Errorf("next feedback: got %s, want id2", got)
	}
	f.wantMessages(queueStream, 0)
	if all := f.letters(); len(all) != 1 || all[0].Reason != "ESME_RX_P_APPN" {
		t.Errorf("got %+v, want one dead letter with the answer of the ESME", all)
	}
}

func TestTwoSessionsShareTheFeedback(t *testing.T) {
	f := servedFixture(t)
	both := make(chan int, 2)
	var block [2]sync.Once
	release := make(chan struct{})
	told := make(chan string, 64)
	for i := range 2 {
		f.deliver("bank", func(ctx context.Context, fb *message.Feedback) error {
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
		f.fill("bank", c, fmt.Sprint("id", i))
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
	f := servedFixture(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	for i := range 3 {
		f.fill("bank", c, fmt.Sprint("id", i))
	}
	asked := make(chan string, 4)
	leave := f.deliver("bank", func(ctx context.Context, fb *message.Feedback) error {
		asked <- fb.MessageIDs[0]
		<-ctx.Done()
		return ctx.Err()
	})
	relaytest.Receive(t, asked)
	leave()
	told := f.told("bank")
	for i := range 3 {
		if fb := relaytest.Receive(t, told); fb.MessageIDs[0] != fmt.Sprint("id", i) {
			t.Errorf("feedback %d: got %s", i, fb.MessageIDs[0])
		}
	}
}

// What is being told when no more is to be comes to its end, and is not told again.
func TestNoMoreIsTold(t *testing.T) {
	f := servedFixture(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	for i := range 2 {
		f.fill("bank", c, fmt.Sprint("id", i))
	}
	asked, answer := make(chan string, 4), make(chan struct{})
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- f.Deliver(ctx, "bank", 0, func(ctx context.Context, fb *message.Feedback) error {
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
	if fb := relaytest.Receive(t, f.told("bank")); fb.MessageIDs[0] != "id1" {
		t.Errorf("told by the next: got %s, want id1 alone", fb.MessageIDs[0])
	}
	if len(asked) > 0 {
		t.Errorf("told as well: %s", <-asked)
	}
	f.wantMessages(queueStream, 0)
}
