package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"readback/relay/message"
	"readback/relay/reads"
	"readback/relay/relaytest"
)

// fill takes the places of a kind until none is free, and returns how many there were.
func fill(t *testing.T, f *fixture, load reads.Load) (n int) {
	t.Helper()
	for f.submitter.budget.Enter(inNoTime(t), reads.Request{Way: "fill", Load: load}) {
		n++
	}
	return n
}

// inNoTime returns the context of a request that nobody waits for.
func inNoTime(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// A request for which there is no place gets 503 and when to send it again, before anything of it is read or
// parsed. It is counted by its way. When there is a place again, it is answered.
func TestRequestsOverBudget(t *testing.T) {
	const single = `{"receiver":"447700900123","sender":"10690001","number":1}`
	long := `{"receiver":"447700900123","sender":"10690001","number":1,"note":"` + strings.Repeat("x", shortBody) + `"}`
	tests := []struct {
		load               reads.Load
		method, path, body string
		want               int
	}{
		{reads.Single, "POST", "/v1/reads", single, 202},
		{reads.Single, "POST", "/v1/reads", `not JSON`, 400},
		{reads.Array, "POST", "/v1/reads", " [" + single + "]", 202},
		{reads.Array, "POST", "/v1/reads", `[not JSON`, 400},
		{reads.Body, "POST", "/v1/reads", long, 202},
		{reads.Query, "GET", "/v1/conversations/10690001/447700900123", "", 200},
		{reads.Query, "GET", "/v1/receivers/447700900123/optout", "", 200},
		{reads.Query, "PUT", "/v1/receivers/447700900124/optout", "", 200},
		{reads.Query, "DELETE", "/v1/receivers/447700900124/optout", "", 200},
		{reads.Query, "DELETE", "/v1/receivers/447700900125", "", 204},
	}
	f := serve(t, testOptions(t))
	f.submit(relaytest.Conversation(t, "10690001", "447700900123"), "id1")
	for _, load := range []reads.Load{reads.Single, reads.Array, reads.Body, reads.Query} {
		places := fill(t, f, load)
		for _, tt := range tests {
			if tt.load != load {
				continue
			}
			w := httptest.NewRecorder()
			f.api.Handler().ServeHTTP(w, httptest.NewRequest(tt.method, "http://localhost"+tt.path, strings.NewReader(tt.body)).WithContext(inNoTime(t)))
			if w.Code != 503 || w.Header().Get("Retry-After") == "" {
				t.Errorf("%s %s: got %d %s, want 503 and Retry-After", tt.method, tt.path, w.Code, w.Body)
			}
		}
		for range places {
			f.submitter.budget.Leave(reads.Request{Load: load})
		}
	}
	if got := relaytest.Metric(t, f.registry, "readback_reads_over_budget_total", "http"); got != float64(len(tests)) {
		t.Errorf("counted: got %v, want %d", got, len(tests))
	}
	for _, tt := range tests {
		if code, answer := f.call(tt.method, tt.path, tt.body); code != tt.want {
			t.Errorf("%s %s with room: got %d %s, want %d", tt.method, tt.path, code, answer, tt.want)
		}
	}
}

// A body without a place is not read.
func TestNothingIsReadOverBudget(t *testing.T) {
	f := serve(t, testOptions(t))
	fill(t, f, reads.Body)
	body := &countingBody{left: shortBody + 1}
	req := httptest.NewRequest("POST", "http://localhost/v1/reads", body).WithContext(inNoTime(t))
	req.ContentLength = -1
	w := httptest.NewRecorder()
	f.api.Handler().ServeHTTP(w, req)
	if w.Code != 503 || body.read > 0 {
		t.Errorf("got %d after %d octets, want 503 and none", w.Code, body.read)
	}
}

// countingBody counts what is read of it.
type countingBody struct{ left, read int }

func (b *countingBody) Read(p []byte) (int, error) {
	n := min(len(p), b.left)
	if b.read, b.left = b.read+n, b.left-n; n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// A client that does not read its answer has given its place back.
func TestSlowReaderHasNoPlace(t *testing.T) {
	f := serve(t, testOptions(t))
	writing, goOn := make(chan bool), make(chan bool)
	w := &slowWriter{httptest.NewRecorder(), writing, goOn}
	go f.api.Handler().ServeHTTP(w, httptest.NewRequest("GET", "http://localhost/v1/conversations/10690001/447700900123", nil))
	relaytest.Receive(t, writing)
	places := fill(t, f, reads.Query)
	other := fill(t, serve(t, testOptions(t)), reads.Query)
	if places != other {
		t.Errorf("got %d places free, want all %d", places, other)
	}
	close(goOn)
}

// slowWriter is a client that does not read before goOn is closed.
type slowWriter struct {
	*httptest.ResponseRecorder
	writing, goOn chan bool
}

func (w *slowWriter) WriteHeader(int) {
	w.writing <- true
	<-w.goOn
}

// What a stream has waits for a place: none of it is lost, and none gets a verdict before.
func TestStreamsWaitForAPlace(t *testing.T) {
	opt := testOptions(t)
	opt.Listen = "127.0.0.1:0"
	f := serve(t, opt)
	var all []uint16
	c := relaytest.Conversation(t, "10690001", "447700900123")
	places := fill(t, f, reads.Single)
	for range 5 {
		m := f.submit(c, "id")
		all = append(all, m.Number)
		body := fmt.Sprintf(`{"receiver":"447700900123","sender":"10690001","number":%d}`, m.Number)
		if _, err := f.js.Publish(t.Context(), subjectReads, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	reply, err := f.nc.Request("readback.reads.now", []byte(`{"receiver":"447700900123","number":1}`), 10*time.Second)
	var v verdictJSON
	if err != nil || json.Unmarshal(reply.Data, &v) != nil || v.Code != http.StatusServiceUnavailable || v.RetryAfter == 0 {
		t.Errorf("request: got %+v, %v, want 503 and when to send it again", v, err)
	}
	for _, n := range all {
		if got := f.ledger.Find(c, n).Entry.State; got != message.StateSent {
			t.Errorf("number %d: got %v without a place, want sent", n, got)
		}
	}
	for range places {
		f.submitter.budget.Leave(reads.Request{Load: reads.Single})
	}
	for _, n := range all {
		for ctx := relaytest.Deadline(t); f.ledger.Find(c, n).Entry.State != message.StateRead; time.Sleep(time.Millisecond) {
			if ctx.Err() != nil {
				t.Fatalf("number %d is not read", n)
			}
		}
	}
	if got := relaytest.Metric(t, f.registry, "readback_reads_over_budget_total", "nats"); got != 1 {
		t.Errorf("counted: got %v, want the request alone", got)
	}
}
