package feedback

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/metric"
	"readback/relay/journal"
	"readback/relay/relaytest"
)

func TestExpired(t *testing.T) {
	var s shared
	s.settings.Store(&Settings{FeedbackKeep: time.Hour})
	now := time.Now()
	for age, want := range map[time.Duration]bool{0: false, time.Hour - 1: false, time.Hour: true, 2 * time.Hour: true} {
		if got := s.expired(now.Add(-age), now); got != want {
			t.Errorf("%s old: got %v, want %v", age, got, want)
		}
	}
}

// A sweep makes dead letters of the feedback of one account that has waited too long. It goes
// from the oldest on and stops at the first one that has not.
func TestSweep(t *testing.T) {
	f := servedFixture(t)
	js := f.js
	publish := func(account, body string) {
		t.Helper()
		if _, err := js.Publish(relaytest.Deadline(t), queueSubject+account, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	publish("bank", `{"event":"e1"}`)
	publish("shop", `{"event":"e2"}`)
	publish("bank", `no JSON`)
	publish("bank", `{"event":"e4"}`) // young
	publish("bank", `{"event":"e5"}`)
	old := withAges(js, map[uint64]time.Duration{1: 3 * time.Hour, 2: 2 * time.Hour, 3: 2 * time.Hour, 5: 2 * time.Hour})
	for range 2 {
		f.js = old
		if err := f.sweeper.expire(relaytest.Deadline(t), "bank"); err != nil {
			t.Fatal(err)
		}
		letters := f.letters()
		if len(letters) != 2 || letters[0].Event != "e1" || letters[1].Event != "" || string(letters[1].Feedback) != "null" ||
			letters[0].Account != "bank" || letters[0].Reason != errExpired.Error() {
			t.Errorf("got %+v, want e1 and what is no JSON", letters)
		}
		if got := f.state(queueStream).Msgs; got != 3 {
			t.Errorf("got %d left, want 3", got)
		}
		if got := f.counted("expired"); got != 2 {
			t.Errorf("expired: got %v, want 2", got)
		}
	}
	f.js = withoutDelete(js)
	f.Use(Settings{})
	if err := f.sweeper.expire(relaytest.Deadline(t), "shop"); !errors.Is(err, journal.ErrUnreachable) || f.state(queueStream).Msgs != 3 {
		t.Errorf("nothing can be deleted: got %v, want %v", err, journal.ErrUnreachable)
	}
}

// A sweep drops dead letters after a week, and not before.
func TestSweepDead(t *testing.T) {
	f := servedFixture(t)
	js := f.js
	for _, event := range []string{"e1", "e2", "e3"} {
		if err := f.store(relaytest.Deadline(t), &letter{account: "bank", event: event, data: []byte("{}")}, errExpired); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name   string
		second time.Duration
		want   []string
	}{
		{"young", deadAge - time.Minute, []string{"e2", "e3"}},
		{"a week", deadAge, []string{"e3"}},
	} {
		f.js = withAges(js, map[uint64]time.Duration{1: deadAge + time.Hour, 2: tt.second})
		if err := f.deadLetters.expire(relaytest.Deadline(t)); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range f.letters() {
			got = append(got, l.Event)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
		if got := f.counted("dropped"); got != float64(3-len(tt.want)) {
			t.Errorf("%s: got %v counted as dropped, want %d", tt.name, got, 3-len(tt.want))
		}
		if got := relaytest.Metric(t, f.reg, "readback_dead_letters", ""); got != float64(len(tt.want)+1) { // before the sweep
			t.Errorf("%s: got %v dead letters in the metrics, want %d", tt.name, got, len(tt.want)+1)
		}
	}
}

// Deleting a message that is gone succeeds. Deleting one that the stream keeps is an error.
func TestDeleteWhatIsGone(t *testing.T) {
	f := servedFixture(t)
	publishAbout(t, f.js, subjectsOf[deadStream], "1", "2")
	s, err := f.js.Stream(relaytest.Deadline(t), deadStream)
	if err != nil {
		t.Fatal(err)
	}
	for _, seq := range []uint64{1, 1, 9} {
		if err := deleteMsg(relaytest.Deadline(t), s, seq); err != nil {
			t.Errorf("%d: got %v", seq, err)
		}
	}
	kept := &fakeStream{Stream: s, remove: func(uint64) error { return jetstream.ErrMsgDeleteUnsuccessful }}
	if err := deleteMsg(relaytest.Deadline(t), kept, 2); err == nil {
		t.Error("what stays: got no error")
	}
	if got := f.state(deadStream).Msgs; got != 1 {
		t.Errorf("got %d left, want 1", got)
	}
}

// A sweep looks at all queues, and sweeps those of accounts without a session.
func TestSweepOfAll(t *testing.T) {
	f := servedFixture(t)
	js := f.js
	shop := f.accounts.newAccount("shop")
	shop.sessions[&session{}] = true
	f.accounts.all = map[string]*account{"shop": shop}
	for _, subject := range []string{"bank", "shop", "club"} {
		publishAbout(t, js, queueSubject+subject, "447700900123")
	}
	f.js = withAges(js, map[uint64]time.Duration{1: time.Hour, 2: time.Hour, 3: time.Hour - time.Minute})
	f.accounts.waiting.add("gone")
	if err := f.sweep(relaytest.Deadline(t)); err != nil {
		t.Fatal(err)
	}
	if letters := f.letters(); len(letters) != 1 || letters[0].Account != "bank" {
		t.Errorf("got %+v, want a letter of the bank", letters)
	}
	accounts, _ := f.accounts.waiting.get()
	if accounts["gone"] || !accounts["bank"] || !accounts["shop"] || !accounts["club"] {
		t.Errorf("got %v waiting, want the three", accounts)
	}
	if got := relaytest.Metric(t, f.reg, "readback_feedback_waiting", "shop"); got != 1 {
		t.Errorf("waiting of the shop: got %v, want 1", got)
	}
	f.js = withoutDelete(js)
	f.Use(Settings{})
	f.events.kept = 0
	if err := f.sweep(relaytest.Deadline(t)); !errors.Is(err, journal.ErrUnreachable) {
		t.Errorf("nothing can be deleted: got %v, want %v", err, journal.ErrUnreachable)
	}
}

// Accounts with names of their own have labels of their own, and all others share one. A queue
// that is empty has no metric, but for those of the others together.
func TestQueueMetrics(t *testing.T) {
	reg := prometheus.NewRegistry()
	m := NewMetrics(metric.With(reg))
	named := func(q *Queue) bool { return q.Account < "m" }
	look := func(all []Queue, waiting, oldest map[string]float64) {
		t.Helper()
		m.queues(all, named)
		for _, label := range []string{"bank", "club", "other", "shop"} {
			if got := relaytest.Metric(t, reg, "readback_feedback_waiting", label); got != waiting[label] {
				t.Errorf("waiting of %s: got %v, want %v", label, got, waiting[label])
			}
			if got := relaytest.Metric(t, reg, "readback_feedback_oldest_seconds", label); got != oldest[label] {
				t.Errorf("oldest of %s: got %v, want %v", label, got, oldest[label])
			}
		}
	}
	look([]Queue{
		{Account: "bank", Waiting: 1, Age: 2},
		{Account: "club", Waiting: 2, Age: 3},
		{Account: "shop", Waiting: 4, Age: 9},
		{Account: "zoo", Waiting: 8, Age: 5},
	}, map[string]float64{"bank": 1, "club": 2, "other": 12}, map[string]float64{"bank": 2, "club": 3, "other": 9})
	look([]Queue{{Account: "bank", Waiting: 3, Age: 1}}, map[string]float64{"bank": 3}, map[string]float64{"bank": 1})
	look(nil, nil, nil)
	if relaytest.Metric(t, reg, "readback_feedback_waiting", "") != 0 || !slices.Equal(m.labels, []string{"other"}) {
		t.Errorf("got labels %q, want that of all others alone", m.labels)
	}
}
