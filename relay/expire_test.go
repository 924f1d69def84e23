package relay

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/metric"
	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

func TestDaysExpire(t *testing.T) {
	opt := testOptions(t)
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	for _, age := range []time.Duration{opt.Keep + 48*time.Hour, opt.Keep - time.Hour, 0} {
		s := tracked(c)
		s.At = time.Now().Add(-age)
		if err := r.Ledger().Assign(s); err != nil {
			t.Fatal(err)
		}
		r.accept(s, "id")
	}
	count := func() (n int) {
		r.ledger.catchUp() // whoever is told may be ahead of the index
		if err := r.index.EachEntry(&c, message.DayOf(1<<46), func(index.Found) bool { n++; return true }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if got := count(); got != 2 { // a day that has expired is not brought in at all
		t.Errorf("entries: got %d, want 2", got)
	}
	if err := r.index.Expire(message.DayOf(time.Now().UnixMilli())); err != nil {
		t.Fatal(err)
	}
	if got := count(); got != 1 {
		t.Errorf("entries after expiry: got %d, want 1", got)
	}
}

func (r *Relay) state(t *testing.T, stream string) jetstream.StreamState {
	t.Helper()
	s, err := r.js.Stream(relaytest.Deadline(t), stream)
	if err != nil {
		t.Fatal(err)
	}
	return s.CachedInfo().State
}

func TestExpired(t *testing.T) {
	var s feedbackShared
	s.settings.Store(&FeedbackSettings{FeedbackKeep: time.Hour})
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
	r := idleRelay(t).withStreams(t)
	reg := r.registry()
	js := r.js
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
		r.feedback.js = old
		if err := r.feedback.sweeper.expire(relaytest.Deadline(t), "bank"); err != nil {
			t.Fatal(err)
		}
		letters, _, err := r.feedback.Dead(relaytest.Deadline(t), DeadQuery{Limit: maxDead})
		if err != nil || len(letters) != 2 || letters[0].Event != "e1" || letters[1].Event != "" || string(letters[1].Feedback) != "null" ||
			letters[0].Account != "bank" || letters[0].Reason != errExpired.Error() {
			t.Errorf("got %+v, %v, want e1 and what is no JSON", letters, err)
		}
		if got := r.state(t, queueStream).Msgs; got != 3 {
			t.Errorf("got %d left, want 3", got)
		}
		if got := value(t, reg, "readback_feedback_total", "expired"); got != 2 {
			t.Errorf("expired: got %v, want 2", got)
		}
	}
	r.feedback.js = withoutDelete(js)
	r.feedback.settings.Store(&FeedbackSettings{})
	if err := r.feedback.sweeper.expire(relaytest.Deadline(t), "shop"); !errors.Is(err, journal.ErrUnreachable) || r.state(t, queueStream).Msgs != 3 {
		t.Errorf("nothing can be deleted: got %v, want %v", err, journal.ErrUnreachable)
	}
}

// A sweep drops dead letters after a week, and not before.
func TestSweepDead(t *testing.T) {
	r := idleRelay(t).withStreams(t)
	reg := r.registry()
	js := r.js
	for _, event := range []string{"e1", "e2", "e3"} {
		if err := r.feedback.store(relaytest.Deadline(t), &letter{account: "bank", event: event, data: []byte("{}")}, errExpired); err != nil {
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
		r.feedback.js = withAges(js, map[uint64]time.Duration{1: deadAge + time.Hour, 2: tt.second})
		if err := r.feedback.deadLetters.expire(relaytest.Deadline(t)); err != nil {
			t.Fatal(err)
		}
		letters, _, err := r.feedback.Dead(relaytest.Deadline(t), DeadQuery{Limit: maxDead})
		var got []string
		for _, l := range letters {
			got = append(got, l.Event)
		}
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, %v, want %q", tt.name, got, err, tt.want)
		}
		if got := value(t, reg, "readback_feedback_total", "dropped"); got != float64(3-len(tt.want)) {
			t.Errorf("%s: got %v counted as dropped, want %d", tt.name, got, 3-len(tt.want))
		}
		if got := value(t, reg, "readback_dead_letters", ""); got != float64(len(tt.want)+1) { // before the sweep
			t.Errorf("%s: got %v dead letters in the metrics, want %d", tt.name, got, len(tt.want)+1)
		}
	}
}

// Deleting a message that is gone succeeds. Deleting one that the stream keeps is an error.
func TestDeleteWhatIsGone(t *testing.T) {
	r := idleRelay(t).withStreams(t)
	publishAbout(t, r.js, subjectsOf[deadStream], "1", "2")
	s, err := r.js.Stream(relaytest.Deadline(t), deadStream)
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
	if got := r.state(t, deadStream).Msgs; got != 1 {
		t.Errorf("got %d left, want 1", got)
	}
}

// A survey looks at all queues, and sweeps those of accounts without a session.
func TestSurveySweeps(t *testing.T) {
	r := idleRelay(t).withStreams(t)
	reg := r.registry()
	js := r.js
	r.feedback.accounts.all = map[string]*account{"shop": {sessions: map[*session]bool{{}: true}}}
	for _, subject := range []string{"bank", "shop", "club"} {
		publishAbout(t, js, queueSubject+subject, "447700900123")
	}
	r.feedback.js = withAges(js, map[uint64]time.Duration{1: time.Hour, 2: time.Hour, 3: time.Hour - time.Minute})
	r.feedback.accounts.waiting.add("gone")
	if err := r.feedback.sweep(relaytest.Deadline(t)); err != nil {
		t.Fatal(err)
	}
	letters, _, err := r.feedback.Dead(relaytest.Deadline(t), DeadQuery{Limit: maxDead})
	if err != nil || len(letters) != 1 || letters[0].Account != "bank" {
		t.Errorf("got %+v, %v, want a letter of the bank", letters, err)
	}
	accounts, _ := r.feedback.accounts.waiting.get()
	if accounts["gone"] || !accounts["bank"] || !accounts["shop"] || !accounts["club"] {
		t.Errorf("got %v waiting, want the three", accounts)
	}
	if got := value(t, reg, "readback_feedback_waiting", "shop"); got != 1 {
		t.Errorf("waiting of the shop: got %v, want 1", got)
	}
	r.feedback.js = withoutDelete(js)
	r.feedback.settings.Store(&FeedbackSettings{})
	r.feedback.events.kept = 0
	if err := r.feedback.sweep(relaytest.Deadline(t)); !errors.Is(err, journal.ErrUnreachable) {
		t.Errorf("nothing can be deleted: got %v, want %v", err, journal.ErrUnreachable)
	}
}

// Accounts with names of their own have labels of their own, and all others share one. A queue
// that is empty has no metric.
func TestQueueMetrics(t *testing.T) {
	reg := prometheus.NewRegistry()
	m := newFeedbackMetrics(metric.With(reg))
	named := func(q *QueueView) bool { return q.Account < "m" }
	look := func(all []QueueView, waiting, oldest map[string]float64) {
		t.Helper()
		m.queues(all, named)
		for _, label := range []string{"bank", "club", "other", "shop"} {
			if got := value(t, reg, "readback_feedback_waiting", label); got != waiting[label] {
				t.Errorf("waiting of %s: got %v, want %v", label, got, waiting[label])
			}
			if got := value(t, reg, "readback_feedback_oldest_seconds", label); got != oldest[label] {
				t.Errorf("oldest of %s: got %v, want %v", label, got, oldest[label])
			}
		}
	}
	look([]QueueView{
		{Account: "bank", Waiting: 1, Age: 2},
		{Account: "club", Waiting: 2, Age: 3},
		{Account: "shop", Waiting: 4, Age: 9},
		{Account: "zoo", Waiting: 8, Age: 5},
	}, map[string]float64{"bank": 1, "club": 2, "other": 12}, map[string]float64{"bank": 2, "club": 3, "other": 9})
	look([]QueueView{{Account: "bank", Waiting: 3, Age: 1}}, map[string]float64{"bank": 3}, map[string]float64{"bank": 1})
	look(nil, nil, nil)
	if value(t, reg, "readback_feedback_waiting", "") != 0 || len(m.labels) > 0 {
		t.Errorf("got labels %q, want none", m.labels)
	}
}
