package relay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/relay/feedback"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// refusing is a Teller that refuses for good.
func refusing(context.Context, *message.Feedback) error {
	return message.Permanent(errors.New("ESME_RX_P_APPN"))
}

// awaitDead waits until there are so many dead letters.
func (r *running) awaitDead(n int) []feedback.DeadLetter {
	r.t.Helper()
	ctx := relaytest.Deadline(r.t)
	for {
		all, _, err := r.feedback.DeadLetters(ctx, feedback.DeadQuery{Limit: feedback.MaxPage})
		if err != nil {
			r.t.Fatalf("dead letters: %v", err)
		}
		if len(all) == n {
			return all
		}
	}
}

// operate sends a request to the operator's API.
func (r *running) operate(method, target string, code int, into any) {
	r.t.Helper()
	w := relaytest.Request(r.OperatorHandler(func(*http.Request) string { return "test" }), method, target, "")
	if w.Code != code {
		r.t.Fatalf("%s %s: got %d %s, want %d", method, target, w.Code, w.Body, code)
	}
	if into != nil {
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			r.t.Fatalf("%s %s: %v in %s", method, target, err, w.Body)
		}
	}
}

func TestDeadLetterIsReplayed(t *testing.T) {
	t.Parallel()
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	for i := range 3 {
		r.read(c, r.submit(c, fmt.Sprint("id", i)).Number)
	}
	leave := r.deliver("bank", refusing)
	r.awaitDead(3)
	leave()

	var done struct {
		Count int
		Next  string
	}
	// All within the time in which the streams remember ids; and twice, since what was
	// replayed may die again.
	for range 2 {
		r.operate("POST", "/v1/dead/replay?account=bank", http.StatusOK, &done)
		if done.Count != 3 || done.Next != "" {
			t.Fatalf("replayed: got %+v, want 3", done)
		}
		r.awaitDead(0)
		leave = r.deliver("bank", refusing)
		r.awaitDead(3)
		leave()
	}
	r.operate("POST", "/v1/dead/replay?all=true", http.StatusOK, &done)
	told := r.tellings("bank")
	for i := range 3 {
		if fb := relaytest.Receive(t, told); fb.MessageIDs[0] != fmt.Sprint("id", i) {
			t.Errorf("replayed %d: got %s", i, fb.MessageIDs[0])
		}
	}
	r.awaitDead(0)
}

// What dies again while it is replayed is not replayed again and again.
func TestReplayEnds(t *testing.T) {
	t.Parallel()
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	for i := range 3 {
		r.read(c, r.submit(c, fmt.Sprint("id", i)).Number)
	}
	r.deliver("bank", refusing)
	r.awaitDead(3)
	replayed := 0
	for cursor, pages := "", 0; pages == 0 || cursor != ""; pages++ {
		var done struct {
			Count int
			Next  string
		}
		r.operate("POST", "/v1/dead/replay?all=true&limit=1&cursor="+cursor, http.StatusOK, &done)
		replayed, cursor = replayed+done.Count, done.Next
		r.awaitDead(3)
	}
	if replayed != 3 {
		t.Errorf("replayed: got %d, want 3", replayed)
	}
}

// letterPage is an answer of the operator's API.
type letterPage struct {
	Letters []feedback.DeadLetter
	Next    string
}

// threeDead is a relay with three dead letters: of the bank, of "a.b c", and of the bank.
func threeDead(t *testing.T) (*running, []feedback.DeadLetter) {
	t.Helper()
	r := start(t, testOptions(t))
	for i, account := range []string{"bank", "a.b c", "bank"} {
		c := relaytest.Conversation(t, "10690001", fmt.Sprint("44770090012", i))
		s := tracked(c)
		s.Account = account
		if err := r.Ledger().Assign(s); err != nil {
			t.Fatal(err)
		}
		r.accept(s, fmt.Sprint("id", i))
		r.read(c, s.Number)
	}
	r.deliver("bank", refusing)
	r.deliver("a.b c", refusing)
	return r, r.awaitDead(3)
}

func TestDeadLettersAreListed(t *testing.T) {
	t.Parallel()
	r, all := threeDead(t)
	tests := []struct {
		name, query string
		events      []string
		more        bool
	}{
		{"all", "", []string{all[0].Event, all[1].Event, all[2].Event}, false},
		{"first page", "?limit=2", []string{all[0].Event, all[1].Event}, true},
		{"next page", fmt.Sprintf("?limit=2&cursor=%d-%d", all[1].ID, all[2].ID), []string{all[2].Event}, false},
		{"account", "?account=a.b+c", nil, false},
		{"event", "?event=" + all[1].Event, []string{all[1].Event}, false},
		{"no such event", "?event=none", []string{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got letterPage
			r.operate("GET", "/v1/dead"+tt.query, http.StatusOK, &got)
			var events []string
			for _, d := range got.Letters {
				events = append(events, d.Event)
			}
			if tt.name == "account" {
				if len(got.Letters) != 1 || got.Letters[0].Account != "a.b c" {
					t.Errorf("got %+v, want one of a.b c", got.Letters)
				}
				return
			}
			if fmt.Sprint(events) != fmt.Sprint(tt.events) || (got.Next != "") != tt.more {
				t.Errorf("got %v, next %q; want %v, more: %v", events, got.Next, tt.events, tt.more)
			}
		})
	}
}

// A dead letter says why and when it was given up. The subscriber's number is masked unless the
// operator asks for all of it.
func TestDeadLetterIsMasked(t *testing.T) {
	t.Parallel()
	r, _ := threeDead(t)
	for query, want := range map[string]bool{"": false, "?full=true": true} {
		var got letterPage
		r.operate("GET", "/v1/dead"+query, http.StatusOK, &got)
		d := got.Letters[0]
		if d.Reason != "ESME_RX_P_APPN" || d.Tries != 1 || time.Since(d.Time) > time.Minute {
			t.Errorf("letter: got %+v", d)
		}
		if whole := strings.Contains(string(d.Feedback), "44770090012"); whole != want {
			t.Errorf("%q: subscriber's number whole: got %v in %s", query, whole, d.Feedback)
		}
	}
}

func TestDeadLettersAreDropped(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	opt := testOptions(t)
	opt.Registerer = reg
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	r.read(c, r.submit(c, "id0").Number)
	r.read(c, r.submit(c, "id1").Number)
	r.deliver("bank", refusing)
	all := r.awaitDead(2)
	for _, target := range []string{"/v1/dead", "/v1/dead?limit=0&all=true", "/v1/dead?cursor=x&all=true", "/v1/dead?cursor=1&all=true", "/v1/dead?all=yes", "/v1/dead?all=true&full=1"} {
		r.operate("DELETE", target, http.StatusBadRequest, nil)
	}
	r.operate("DELETE", "/v1/dead?event="+all[1].Event, http.StatusOK, nil)
	if left := r.awaitDead(1); left[0].Event != all[0].Event {
		t.Errorf("left: got %s, want %s", left[0].Event, all[0].Event)
	}
	r.operate("DELETE", "/v1/dead?all=true", http.StatusOK, nil)
	r.awaitDead(0)
	if got := relaytest.Metric(t, reg, "readback_feedback_total", "dropped"); got != 2 {
		t.Errorf("dropped: got %v, want 2", got)
	}
}

// Who asks before NATS is there is told so.
func TestOperatorBeforeNATS(t *testing.T) {
	t.Parallel()
	r, err := Open(testOptions(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	w := relaytest.Request(r.OperatorHandler(func(*http.Request) string { return "test" }), "GET", "/v1/feedback", "")
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("got %d %v, want 503 and when to ask again", w.Code, w.Header())
	}
}
