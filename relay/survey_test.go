package relay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"readback/relay/message"
	"readback/relay/relaytest"
)

// waitFor reads numbers of messages of an account until they wait in its queue.
func (r *running) waitFor(account string, n int) {
	r.t.Helper()
	for i := range n {
		c := relaytest.Conversation(r.t, "10690001", fmt.Sprintf("4477009%05d", i))
		s := tracked(c)
		s.Account = account
		if err := r.Ledger().Assign(s); err != nil {
			r.t.Fatal(err)
		}
		r.accept(s, fmt.Sprint("id", i))
		r.read(c, s.Number)
	}
	for {
		all, err := r.feedback.Queues(relaytest.Deadline(r.t))
		if err != nil {
			r.t.Fatal(err)
		}
		for _, q := range all {
			if q.Account == account && q.Waiting == uint64(n) {
				return
			}
		}
	}
}

func TestQueuesAreShown(t *testing.T) {
	reg := prometheus.NewRegistry()
	opt := testOptions(t)
	opt.Registerer = reg
	opt.Account = func(account string) AccountSettings { return AccountSettings{Listed: account == "bank"} }
	r := start(t, opt)
	r.waitFor("bank", 3)
	r.waitFor("visitor 1", 2)
	r.waitFor("visitor 2", 1)
	var got struct{ Queues []QueueView }
	r.operate("GET", "/v1/feedback", http.StatusOK, &got)
	if len(got.Queues) != 3 || got.Queues[0].Account != "bank" || got.Queues[0].Waiting != 3 || got.Queues[0].Sessions != 0 ||
		time.Since(got.Queues[0].Oldest) > time.Minute || got.Queues[1].Account != "visitor 1" {
		t.Errorf("got %+v", got.Queues)
	}
	look := func(want map[string]float64) {
		t.Helper()
		if err := r.feedback.sweep(relaytest.Deadline(t)); err != nil {
			t.Fatal(err)
		}
		for _, label := range []string{"bank", "other", "visitor 1"} {
			if got := value(t, reg, "readback_feedback_waiting", label); got != want[label] {
				t.Errorf("waiting of %s: got %v, want %v", label, got, want[label])
			}
		}
	}
	look(map[string]float64{"bank": 3, "other": 3})
	if value(t, reg, "readback_feedback_oldest_seconds", "bank") <= 0 {
		t.Error("the oldest has no age")
	}
	told := r.tellings("bank")
	for range 3 {
		relaytest.Receive(t, told)
	}
	r.deliver("visitor 1", func(ctx context.Context, _ *message.Feedback) error { <-ctx.Done(); return ctx.Err() })
	for ctx := relaytest.Deadline(t); ; { // the last acknowledgement and the session may be on their way
		all, err := r.feedback.Queues(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if len(all) == 2 && all[0].Sessions == 1 {
			break
		}
	}
	look(map[string]float64{"visitor 1": 2, "other": 1})
}

func TestWhatWaitsTooLongIsDead(t *testing.T) {
	for _, bound := range []bool{false, true} {
		t.Run(fmt.Sprint("bound ", bound), func(t *testing.T) {
			reg := prometheus.NewRegistry()
			opt := testOptions(t)
			opt.Registerer = reg
			r := start(t, opt)
			r.waitFor("bank", 3)
			r.feedback.sweeper.mu.Lock()
			r.feedback.events.kept = 1 // no stream is kept so short
			r.feedback.settings.Store(&FeedbackSettings{FeedbackKeep: 1})
			release := sync.OnceFunc(r.feedback.sweeper.mu.Unlock)
			defer release()
			if bound { // and the survey does not look
				r.deliver("bank", func(context.Context, *message.Feedback) error {
					t.Error("told, want what is too old to be kept from the ESME")
					return nil
				})
			} else if release(); r.feedback.sweep(relaytest.Deadline(t)) != nil {
				t.Fatal("the survey failed")
			}
			if all := r.awaitDead(3); all[0].Reason != "not told within feedback.keep" {
				t.Errorf("reason: got %q", all[0].Reason)
			}
			r.wantEmpty(queueStream)
			if got := value(t, reg, "readback_feedback_total", "expired"); got != 3 {
				t.Errorf("expired: got %v, want 3", got)
			}
		})
	}
}

func TestAccountOfToken(t *testing.T) {
	for _, account := range []string{"", "bank", "a.b c", "=", "=41", "é", "A_b-9"} {
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
	opt := testOptions(t)
	r := start(t, opt)
	r.waitFor("bank", 1)
	asked := make(chan struct{}, 1)
	leave := r.deliver("bank", func(context.Context, *message.Feedback) error {
		select {
		case asked <- struct{}{}:
		default:
		}
		return errors.New("ESME_RX_T_APPN")
	})
	relaytest.Receive(t, asked)
	leave()
	own := Settings{FeedbackSettings: FeedbackSettings{FeedbackKeep: time.Hour, Account: func(string) AccountSettings { return AccountSettings{Own: true} }}}
	if err := r.Use(own); err != nil {
		t.Fatal(err)
	}
	if err := r.feedback.sweep(relaytest.Deadline(t)); err != nil {
		t.Fatal(err)
	}
	// As the nats command line does.
	c, err := r.js.CreateConsumer(relaytest.Deadline(t), queueStream, jetstream.ConsumerConfig{
		Durable: "billing", FilterSubject: "readback.feedback.0.bank", AckPolicy: jetstream.AckExplicitPolicy,
	})
	if err != nil {
		t.Fatalf("consumer of the account's own: %v", err)
	}
	m, err := c.Next()
	if err != nil || m.Ack() != nil {
		t.Fatalf("feedback: %v", err)
	}
	r.wantEmpty(queueStream)
	if err := r.feedback.sweep(relaytest.Deadline(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.js.Consumer(relaytest.Deadline(t), queueStream, "billing"); err != nil {
		t.Errorf("the account's own consumer is gone: %v", err)
	}
}
