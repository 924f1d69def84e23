package operator

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/testpeer"
	"readback/internal/trace"
)

// fakeTracer traces what a test shows it.
type fakeTracer struct {
	*trace.Traces
	started chan trace.Filter
}

func newFakeTracer() *fakeTracer {
	return &fakeTracer{trace.NewTraces(trace.Options{Watch: func(bool) {}}), make(chan trace.Filter, 10)}
}

func (g *fakeTracer) Trace(f trace.Filter) (*trace.Trace, error) {
	t, err := g.Start(f)
	g.started <- f
	return t, err
}

// serveTrace serves the page with the times that the gateway has for a request, and returns a client.
func serveTrace(t *testing.T, g Tracer) *http.Client {
	t.Helper()
	pipes := testpeer.NewPipes()
	srv := &http.Server{Handler: TracePage(g), ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second}
	go func() { _ = srv.Serve(pipes) }()
	t.Cleanup(func() { _ = srv.Close() })
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) { return pipes.Dial(), nil },
	}}
}

// getLines returns the lines of a trace. It calls show when the trace runs.
func getLines(t *testing.T, c *http.Client, query string, show func()) (all []TraceLine) {
	t.Helper()
	resp, err := c.Get("http://gateway/v1/trace?" + query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "application/jsonl" {
		t.Fatalf("got %s, %s", resp.Status, resp.Header.Get("Content-Type"))
	}
	go show()
	for s := bufio.NewScanner(resp.Body); s.Scan(); {
		var l TraceLine
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	return all
}

// PDUs are shown until there are enough of them, or the time is over, however short the server's times for a request are.
func TestTracePage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newFakeTracer()
		client := serveTrace(t, g)
		e := &trace.Event{Account: "bank", Frame: testpeer.Frame(pdu.EnquireLinkID, 0, 7, "")}
		all := getLines(t, client, "account=bank&count=2&full=true", func() {
			for range 3 {
				g.See(e)
				time.Sleep(20 * time.Second) // virtual
			}
		})
		if f := <-g.started; f.Account != "bank" || !f.Full || f.Receiver != "" || f.MessageID != "" {
			t.Errorf("filter: got %+v", f)
		}
		if len(all) != 3 || all[0].PDU == nil || all[1].PDU.Sequence != 7 || all[2].End == nil || *all[2].End != (TraceEnd{Reason: "count", Shown: 2}) {
			t.Fatalf("by count: got %+v", all)
		}
		begin := time.Now()
		all = getLines(t, client, "receiver=%2B447700900101&message_id=A1&for=10m", func() {})
		if f := <-g.started; f.Receiver != "+447700900101" || f.MessageID != "A1" || f.Full {
			t.Errorf("filter: got %+v", f)
		}
		if len(all) != 1 || all[0].End == nil || *all[0].End != (TraceEnd{Reason: "time"}) || time.Since(begin) < 10*time.Minute {
			t.Errorf("by time: got %+v", all)
		}
	})
}

// What cannot be traced is refused, with what to do.
func TestTraceProblems(t *testing.T) {
	g := newFakeTracer()
	for range 4 {
		tr, err := g.Start(trace.Filter{Account: "bank"})
		if err != nil {
			t.Fatal(err)
		}
		defer tr.Stop()
	}
	for query, want := range map[string]problem{
		"":                                {Status: http.StatusBadRequest, Field: "account"},
		"receiver=1234567890123456789012": {Status: http.StatusBadRequest, Field: "receiver"},
		"account=bank&for=soon":           {Status: http.StatusBadRequest, Field: "for"},
		"account=bank&for=2h":             {Status: http.StatusBadRequest, Field: "for"},
		"account=bank&for=-1s":            {Status: http.StatusBadRequest, Field: "for"},
		"account=bank&count=0":            {Status: http.StatusBadRequest, Field: "count"},
		"account=bank":                    {Status: http.StatusServiceUnavailable},
	} {
		w := httptest.NewRecorder()
		TracePage(g).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1/trace?"+query, nil))
		var got problem
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != want.Status || got.Field != want.Field || got.Detail == "" {
			t.Errorf("%q: got %d %s, %v", query, w.Code, w.Body, err)
		}
	}
}
