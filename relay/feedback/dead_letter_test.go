package feedback

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/journal"
	"readback/relay/relaytest"
)

// withDeadLetters returns a service with five dead letters, e1 to e5. The second and the fifth are of
// the account shop, the others of the account bank. The fourth is not JSON.
func withDeadLetters(t *testing.T) *fixture {
	t.Helper()
	f := servedFixture(t)
	for i, data := range []string{`{"n":1}`, `{"n":2}`, `{"n":3}`, `no JSON`, `{"n":5}`} {
		l := &letter{account: "bank", event: fmt.Sprint("e", i+1), data: []byte(data), seq: uint64(i), tries: i}
		if i%3 == 1 {
			l.account = "shop"
		}
		if err := f.store(relaytest.Deadline(t), l, errors.New("refused")); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// A query selects the dead letters that match it, up to its limit. The rest is the query for the
// next page.
func TestDeadQuery(t *testing.T) {
	f := withDeadLetters(t)
	for _, tt := range []struct {
		name string
		q    DeadQuery
		want string // the numbers of the events
		rest *DeadQuery
	}{
		{"all", DeadQuery{Limit: 9}, "12345", nil},
		{"as many as there are", DeadQuery{Limit: 5}, "12345", &DeadQuery{After: 5, Until: 5, Limit: 5}},
		{"a page", DeadQuery{Limit: 2}, "12", &DeadQuery{After: 2, Until: 5, Limit: 2}},
		{"no limit", DeadQuery{}, "1", &DeadQuery{After: 1, Until: 5}},
		{"the next page", DeadQuery{Limit: 2, After: 2}, "34", &DeadQuery{After: 4, Until: 5, Limit: 2}},
		{"up to one", DeadQuery{Limit: 9, Until: 3}, "123", nil},
		{"an account", DeadQuery{Limit: 9, Account: "shop"}, "25", nil},
		{"an event", DeadQuery{Limit: 9, Event: "e3"}, "3", nil},
		{"an event on a later page", DeadQuery{Limit: 2, Event: "e3"}, "", &DeadQuery{After: 2, Until: 5, Limit: 2, Event: "e3"}},
		{"no such account", DeadQuery{Limit: 9, Account: "zoo"}, "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			letters, rest, err := f.DeadLetters(relaytest.Deadline(t), tt.q)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, l := range letters {
				got += l.Event[1:]
			}
			if got != tt.want || (rest == nil) != (tt.rest == nil) || rest != nil && *rest != *tt.rest {
				t.Errorf("got letters %s, rest %+v, want %s, %+v", got, rest, tt.want, tt.rest)
			}
		})
	}
}

// A dead letter has its account, event, reason, number of tries, time and feedback.
func TestDeadLetter(t *testing.T) {
	letters, _, err := withDeadLetters(t).DeadLetters(relaytest.Deadline(t), DeadQuery{Limit: 9})
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range letters {
		account, body := "bank", fmt.Sprintf(`{"n":%d}`, i+1)
		if i%3 == 1 {
			account = "shop"
		}
		if i == 3 {
			body = "null"
		}
		if l.ID != uint64(i+1) || l.Account != account || l.Event != fmt.Sprint("e", i+1) || l.Reason != "refused" ||
			l.Tries != i+1 || string(l.Feedback) != body || time.Since(l.Time).Abs() > time.Hour {
			t.Errorf("letter %d: got %+v", i+1, l)
		}
	}
}

// Replay moves dead letters to the queues of their accounts, and Drop removes them. Both count
// the letters.
func TestDeadLettersGo(t *testing.T) {
	f := withDeadLetters(t)
	n, rest, err := f.Replay(relaytest.Deadline(t), DeadQuery{Limit: 2, Account: "shop"})
	if n != 2 || rest == nil || err != nil {
		t.Errorf("replayed: got %d, %+v, %v, want 2", n, rest, err)
	}
	if accounts, _ := f.accounts.waiting.get(); !accounts["shop"] || len(accounts) != 1 {
		t.Errorf("got %v waiting, want the shop", accounts)
	}
	s, err := f.js.Stream(relaytest.Deadline(t), queueStream)
	if err != nil {
		t.Fatal(err)
	}
	for seq, want := range []string{1: `{"n":2}`, 2: `{"n":5}`} {
		if seq == 0 {
			continue
		}
		m, err := s.GetMsg(relaytest.Deadline(t), uint64(seq), jetstream.WithGetMsgSubject(queueSubject+"shop"))
		if err != nil || string(m.Data) != want {
			t.Errorf("queue: got %+v, %v, want %s", m, err, want)
		}
	}
	for _, want := range []int{1, 0} {
		if n, rest, err = f.Drop(relaytest.Deadline(t), DeadQuery{Limit: 9, Event: "e3"}); n != want || rest != nil || err != nil {
			t.Errorf("dropped: got %d, %+v, %v, want %d", n, rest, err, want)
		}
	}
	if got := f.state(deadStream).Msgs; got != 2 {
		t.Errorf("got %d dead letters left, want 2", got)
	}
	js := f.js
	f.js = withoutDelete(js)
	for name, do := range map[string]func() (int, *DeadQuery, error){
		"replay": func() (int, *DeadQuery, error) { return f.Replay(relaytest.Deadline(t), DeadQuery{Limit: 9}) },
		"drop":   func() (int, *DeadQuery, error) { return f.Drop(relaytest.Deadline(t), DeadQuery{Limit: 9}) },
	} {
		if n, rest, err := do(); n != 0 || rest != nil || !errors.Is(err, journal.ErrUnreachable) {
			t.Errorf("%s of what cannot be removed: got %d, %+v, %v, want %v", name, n, rest, err, journal.ErrUnreachable)
		}
	}
	// The one that is in the queue, and could not be removed, is not put there twice.
	f.js = js
	if n, _, err := f.Replay(relaytest.Deadline(t), DeadQuery{Limit: 9}); n != 2 || err != nil {
		t.Errorf("replayed again: got %d, %v, want 2", n, err)
	}
	if got := f.state(queueStream).Msgs; got != 4 {
		t.Errorf("got %d in the queues, want 4", got)
	}
}
