package feedback

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"readback/internal/backoff"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// What fails is tried again after a wait that grows. When NATS is back it is tried again at once, and
// the wait is short again. What is waiting for an answer is given up then.
func TestBeginsAgainWhenNATSIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, lines := newRenewals(), &relaytest.LogLines{}
		ctx, cancel := context.WithCancel(t.Context())
		var mu sync.Mutex // guards waits, last and hangs
		var waits []time.Duration
		last, hangs, done := time.Now(), false, make(chan struct{})
		failed := backoff.Complaint{Log: lines.Logger(), What: "NATS is away"}
		go func() {
			defer close(done)
			r.repeat(ctx, &failed, nil, func(ctx context.Context) (bool, error) {
				mu.Lock()
				waits, last = append(waits, time.Since(last)), time.Now()
				hang := hangs
				mu.Unlock()
				if hang {
					<-ctx.Done()
				}
				return true, errors.New("no connection")
			})
		}()
		time.Sleep(time.Minute)
		synctest.Wait()
		mu.Lock()
		if n := len(waits); n < 20 || waits[1] > 2*firstTry || waits[n-1] < lastTry/2 {
			t.Errorf("waits: got %v, want them to grow to %s", waits, lastTry)
		}
		mu.Unlock()
		for _, hang := range []bool{false, true} {
			mu.Lock()
			hangs = hang
			mu.Unlock()
			time.Sleep(lastTry * 2)
			synctest.Wait()
			mu.Lock()
			n, at := len(waits), time.Now()
			mu.Unlock()
			r.announce()
			synctest.Wait()
			mu.Lock()
			if len(waits) != n+1 || last != at {
				t.Errorf("NATS is back, the try hangs: %v: got %d tries at once, want one", hang, len(waits)-n)
			}
			mu.Unlock()
		}
		mu.Lock()
		hangs = false
		n := len(waits)
		mu.Unlock()
		r.announce() // ends the one that hangs
		time.Sleep(2 * firstTry)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if got := len(waits) - n; got < 2 {
			t.Errorf("within %s: got %d tries, want one at once and one soon", 2*firstTry, got)
		}
		if got := lines.Count("NATS is away"); got != 1 {
			t.Errorf("got %d lines, want one", got)
		}
		cancel()
		<-done
	})
}

// What was under way when the service stops has a bounded time to come to its end.
func TestLasting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		longer, end := lasting(ctx)
		defer end()
		cancel()
		began := time.Now()
		if <-longer.Done(); time.Since(began) != stopTime {
			t.Errorf("ended after %s, want %s", time.Since(began), stopTime)
		}
	})
}

// A session gets at once, and in order, what was handed out to a process that died.
func TestHandedOutBefore(t *testing.T) {
	f := servedFixture(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	f.fill("bank", c, "id1", "id2", "id3")
	dead, err := f.js.CreateConsumer(relaytest.Deadline(t), queueStream, jetstream.ConsumerConfig{
		Durable: "bank", FilterSubject: queueSubject + "bank", AckPolicy: jetstream.AckExplicitPolicy, AckWait: time.Hour, MemoryStorage: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := dead.Next(); err != nil {
			t.Fatal(err)
		}
	}
	told := f.told("bank")
	for _, want := range []string{"id1", "id2", "id3"} {
		if got := relaytest.Receive(t, told).MessageIDs[0]; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// When NATS is back, a session takes its queue from the beginning again. What it is delivering is not
// delivered twice, and is settled although the queue has handed it out anew.
func TestQueueAfterAnOutage(t *testing.T) {
	f := servedFixture(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	f.fill("bank", c, "id1")
	told, answer := make(chan string, 16), make(chan error)
	f.deliver("bank", func(_ context.Context, fb *message.Feedback) error {
		told <- fb.MessageIDs[0]
		return <-answer
	})
	relaytest.Receive(t, told)
	if err := f.js.DeleteConsumer(relaytest.Deadline(t), queueStream, "bank"); err != nil {
		t.Fatal(err) // a server that starts again has forgotten it
	}
	f.Connected()
	f.fill("bank", c, "id2")
	answer <- nil
	if got := relaytest.Receive(t, told); got != "id2" {
		t.Errorf("got %s, want id2", got)
	}
	answer <- nil
	f.wantMessages(queueStream, 0)
	if len(told) != 0 {
		t.Errorf("got %s once more", <-told)
	}
}

// A session ends when the queue has processed its acknowledgements: it has answered the last one.
func TestAcknowledgedAtTheEnd(t *testing.T) {
	f := servedFixture(t)
	acks, err := f.js.Conn().SubscribeSync("$JS.ACK.>")
	if err != nil {
		t.Fatal(err)
	}
	f.fill("bank", relaytest.Conversation(t, "10690001", "447700900123"), "id1", "id2")
	told := make(chan string, 16)
	leave := f.deliver("bank", func(_ context.Context, fb *message.Feedback) error {
		told <- fb.MessageIDs[0]
		return nil
	})
	relaytest.Receive(t, told)
	relaytest.Receive(t, told)
	leave()
	if got := f.state(queueStream).Msgs; got != 0 {
		t.Errorf("in the queue: got %d, want none", got)
	}
	var last *nats.Msg
	for range 3 {
		if last, err = acks.NextMsgWithContext(relaytest.Deadline(t)); err != nil {
			t.Fatal(err)
		}
	}
	if last.Reply == "" || string(last.Data) != "+ACK" {
		t.Errorf("got %q with the reply subject %q, want an acknowledgement to be answered", last.Data, last.Reply)
	}
}
