package feedback

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/metric"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// The queues that are not empty are shown, and counted by account if the account is listed or has
// a session.
func TestQueues(t *testing.T) {
	f := servedFixture(t)
	f.Use(Settings{FeedbackKeep: time.Hour, Account: func(account string) AccountSettings { return AccountSettings{Listed: account == "bank"} }})
	c := relaytest.Conversation(t, "10690001", "447700900123")
	f.fill("bank", c, "id1", "id2", "id3")
	f.fill("visitor 1", c, "id1", "id2")
	f.fill("visitor 2", c, "id1")
	all, err := f.Queues(relaytest.Deadline(t))
	if err != nil || len(all) != 3 || all[0].Account != "bank" || all[0].Waiting != 3 || all[0].Sessions != 0 ||
		time.Since(all[0].Oldest) > time.Minute || all[0].Age <= 0 || all[1].Account != "visitor 1" {
		t.Errorf("got %+v, %v", all, err)
	}
	look := func(want map[string]float64) {
		t.Helper()
		if err := f.sweep(relaytest.Deadline(t)); err != nil {
			t.Fatal(err)
		}
		for _, label := range []string{"bank", "other", "visitor 1"} {
			if got := relaytest.Metric(t, f.reg, "readback_feedback_waiting", label); got != want[label] {
				t.Errorf("waiting of %s: got %v, want %v", label, got, want[label])
			}
		}
	}
	look(map[string]float64{"bank": 3, "other": 3})
	if relaytest.Metric(t, f.reg, "readback_feedback_oldest_seconds", "bank") <= 0 {
		t.Error("the oldest has no age")
	}
	told := f.told("bank")
	for range 3 {
		relaytest.Receive(t, told)
	}
	asked := make(chan struct{}, 2)
	f.deliver("visitor 1", func(ctx context.Context, _ *message.Feedback) error {
		asked <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	})
	relaytest.Receive(t, asked)
	f.wantMessages(queueStream, 3)
	if all, err := f.Queues(relaytest.Deadline(t)); err != nil || len(all) != 2 || all[0].Sessions != 1 || all[1].Sessions != 0 {
		t.Errorf("with a session: got %+v, %v", all, err)
	}
	look(map[string]float64{"visitor 1": 2, "other": 1})
}

// The label of an account that is not UTF-8 is. Its two forms count together.
func TestQueuesOfOctets(t *testing.T) {
	reg := prometheus.NewRegistry()
	m := NewMetrics(metric.With(reg))
	m.queues([]Queue{{Account: "caf\xe9", Waiting: 2}, {Account: "café", Waiting: 1}}, func(*Queue) bool { return true })
	if got := relaytest.Metric(t, reg, "readback_feedback_waiting", "café"); got != 3 {
		t.Errorf("waiting: got %v, want 3", got)
	}
}

// Feedback that has waited too long becomes a dead letter, with or without a session.
func TestWhatWaitsTooLongIsDead(t *testing.T) {
	for _, bound := range []bool{false, true} {
		t.Run(fmt.Sprint("bound ", bound), func(t *testing.T) {
			f := servedFixture(t)
			f.fill("bank", relaytest.Conversation(t, "10690001", "447700900123"), "id1", "id2", "id3")
			f.events.kept = 1 // no stream is kept so short
			f.Use(Settings{FeedbackKeep: 1})
			if bound {
				f.deliver("bank", func(context.Context, *message.Feedback) error {
					t.Error("told, want what is too old to be kept from the ESME")
					return nil
				})
			} else if err := f.sweep(relaytest.Deadline(t)); err != nil {
				t.Fatal(err)
			}
			f.wantMessages(queueStream, 0)
			if all := f.letters(); len(all) != 3 || all[0].Reason != "not told within feedback.keep" {
				t.Errorf("got %+v, want three that were not told in time", all)
			}
			if got := f.counted("expired"); got != 3 {
				t.Errorf("expired: got %v, want 3", got)
			}
		})
	}
}

func TestAccountOfToken(t *testing.T) {
	for _, account := range []string{"", "bank", "a.b c", "=", "=41", "é", "caf\xe9", "A_b-9"} {
		if got := accountOf(accountToken(account)); got != account {
			t.Errorf("%q: got %q", account, got)
		}
	}
	for _, token := range []string{"a=", "=4", "=zz"} {
		_ = accountOf(token) // another's subject: anything but a panic
	}
}

// An account whose feedback goes to a consumer of its own finds its subject free.
func TestOwnConsumerFindsTheSubjectFree(t *testing.T) {
	f := servedFixture(t)
	f.fill("bank", relaytest.Conversation(t, "10690001", "447700900123"), "id1")
	asked := make(chan struct{}, 1)
	leave := f.deliver("bank", func(context.Context, *message.Feedback) error {
		select {
		case asked <- struct{}{}:
		default:
		}
		return errors.New("ESME_RX_T_APPN")
	})
	relaytest.Receive(t, asked)
	leave()
	f.Use(Settings{FeedbackKeep: time.Hour, Account: func(string) AccountSettings { return AccountSettings{Own: true} }})
	if err := f.sweep(relaytest.Deadline(t)); err != nil {
		t.Fatal(err)
	}
	// As the nats command line does.
	c, err := f.js.CreateConsumer(relaytest.Deadline(t), "READBACK_FEEDBACK", jetstream.ConsumerConfig{
		Durable: "billing", FilterSubject: "readback.feedback.0.bank", AckPolicy: jetstream.AckExplicitPolicy,
	})
	if err != nil {
		t.Fatalf("consumer of the account's own: %v", err)
	}
	m, err := c.Next()
	if err != nil || m.Ack() != nil {
		t.Fatalf("feedback: %v", err)
	}
	f.wantMessages(queueStream, 0)
	if err := f.sweep(relaytest.Deadline(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.js.Consumer(relaytest.Deadline(t), queueStream, "billing"); err != nil {
		t.Errorf("the account's own consumer is gone: %v", err)
	}
}

// The stream of events keeps them as long as the settings in force say.
func TestEventsKeptAsSet(t *testing.T) {
	f := servedFixture(t)
	f.Use(Settings{FeedbackKeep: time.Minute})
	if err := f.sweep(relaytest.Deadline(t)); err != nil {
		t.Fatal(err)
	}
	s, err := f.js.Stream(relaytest.Deadline(t), eventsStream)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.CachedInfo().Config.MaxAge; got != time.Minute {
		t.Errorf("got %v, want a minute", got)
	}
}
