package feedback

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/metric"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// fixture is a feedback service whose ledger is a recorder. None of its goroutines run: the test
// calls what they would call.
type fixture struct {
	*Service
	t        *testing.T
	recorder *recorder
	streams  *streams // that it publishes to, unless it has a server
	reg      *prometheus.Registry
	begun    chan struct{}
}

// newFixture returns a service on an index, with streams that the test acknowledges. It starts no
// goroutine, so a test can call it in a synctest bubble.
func newFixture(t *testing.T, ix *testIndex) *fixture {
	t.Helper()
	f := &fixture{t: t, recorder: &recorder{index: ix}, streams: &streams{}, reg: prometheus.NewRegistry(), begun: make(chan struct{})}
	f.Service = New(&Config{
		Settings: Settings{FeedbackKeep: time.Hour},
		Delivery: DeliveryOptions{TellTimeout: 30 * time.Second, Backoff: []time.Duration{5 * time.Millisecond, 10 * time.Millisecond}},
		Replicas: 1, Index: ix.Index, Begun: f.begun, Metrics: NewMetrics(metric.With(f.reg)), Log: slog.New(slog.DiscardHandler),
		Ledger: Ledger{
			IsUp: f.recorder.isUp, Enqueue: f.recorder.enqueue, Submit: f.recorder.submit,
			IsSending: f.recorder.isSending, FindMessage: f.recorder.findMessage,
		},
	})
	f.Connect(f.streams)
	return f
}

// servedFixture returns a service on an empty index and on a NATS server with its streams.
func servedFixture(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t, newTestIndex(t))
	js := relaytest.JetStream(t)
	for _, c := range Streams(&Settings{FeedbackKeep: time.Hour}) {
		c.Storage = jetstream.FileStorage
		if _, err := js.CreateStream(relaytest.Deadline(t), c); err != nil {
			t.Fatal(err)
		}
	}
	f.js = js
	close(f.begun)
	return f
}

// fill puts feedback into the queue of an account, as the outbox does, on messages of a conversation
// that have these message_ids.
func (f *fixture) fill(account string, c message.Conversation, ids ...string) {
	f.t.Helper()
	for i, id := range ids {
		data, err := json.Marshal(message.Feedback{
			Event: "event of " + id, Account: account, Sender: c.Sender.String(), Receiver: c.Receiver.String(), Number: uint16(i + 1),
			MessageIDs: []string{id}, Status: message.StatusRead, ReceivedAt: time.Now(),
		})
		if err != nil {
			f.t.Fatal(err)
		}
		if _, err := f.js.Publish(relaytest.Deadline(f.t), queueSubject+accountToken(account), data); err != nil {
			f.t.Fatal(err)
		}
		f.accounts.waiting.add(account)
	}
}

// counted returns how many feedbacks are counted with an outcome.
func (f *fixture) counted(outcome string) float64 {
	f.t.Helper()
	return relaytest.Metric(f.t, f.reg, "readback_feedback_total", outcome)
}

// state returns what a stream holds.
func (f *fixture) state(stream string) jetstream.StreamState {
	f.t.Helper()
	return relaytest.StreamState(f.t, f.js, stream)
}

// wantMessages waits until a stream has so many messages.
func (f *fixture) wantMessages(stream string, want uint64) {
	f.t.Helper()
	relaytest.WantMessages(f.t, f.js, stream, want)
}

// waits reports whether it is known that an account has feedback in its queue.
func (f *fixture) waits(account string) bool {
	accounts, _ := f.accounts.waiting.get()
	return accounts[account]
}

// letters returns the dead letters.
func (f *fixture) letters() []DeadLetter {
	f.t.Helper()
	all, _, err := f.DeadLetters(relaytest.Deadline(f.t), DeadQuery{Limit: MaxPage})
	if err != nil {
		f.t.Fatal(err)
	}
	return all
}

// deliver starts a session of an account, which leave, or the end of the test, ends.
func (f *fixture) deliver(account string, tell message.Teller) (leave func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.Deliver(ctx, account, 0, tell) }()
	leave = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, ErrStopped) {
			f.t.Errorf("deliver: %v", err)
		}
	})
	f.t.Cleanup(leave)
	return leave
}

// told returns the feedback that an account gets until the test ends.
func (f *fixture) told(account string) <-chan *message.Feedback {
	told := make(chan *message.Feedback, 1024)
	f.deliver(account, func(_ context.Context, fb *message.Feedback) error {
		told <- fb
		return nil
	})
	return told
}
