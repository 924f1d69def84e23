package otlp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	collectorpb "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"readback/relay/index"
)

// collector is the transport to a collector that answers as a test wants.
type collector struct {
	answer func(*http.Request) (*http.Response, error) // nil: with 200
	asked  int
	spans  int
}

func (c *collector) RoundTrip(r *http.Request) (*http.Response, error) {
	c.asked++
	if c.answer != nil {
		return c.answer(r)
	}
	body, _ := io.ReadAll(r.Body)
	var req collectorpb.ExportTraceServiceRequest
	if err := proto.Unmarshal(body, &req); err != nil {
		return nil, err
	}
	c.spans += len(req.ResourceSpans[0].ScopeSpans[0].Spans)
	return status(200, nil), nil
}

func status(code int, body []byte) *http.Response {
	return &http.Response{
		StatusCode: code, Header: http.Header{"Location": {"http://127.0.0.1:4318/v1/traces"}}, Body: io.NopCloser(bytes.NewReader(body)),
	}
}

// run gives an exporter steps and returns after a time, when it has ended, with what it counted and logged.
func run(t *testing.T, c *collector, steps int, within time.Duration, then func()) (counts [4]int, log string) {
	t.Helper()
	var lines bytes.Buffer
	m := NewMetrics(prometheus.NewRegistry())
	x, err := New(Options{
		URL: "http://127.0.0.1:4318", Sample: 1, Version: "v1", Metrics: m, transport: c,
		Logger: slog.New(slog.NewTextHandler(&lines, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	x.Add(make([]index.Step, steps))
	done := make(chan error)
	go func() { done <- x.Run(ctx) }()
	time.Sleep(within)
	if then != nil {
		then()
		x.Add(make([]index.Step, 1))
		time.Sleep(within)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	counts[0] = int(testutil.ToFloat64(m.sent))
	for n, reason := range []string{reasonQueue, reasonRefused, reasonRejected} {
		counts[n+1] = int(testutil.ToFloat64(m.dropped.WithLabelValues(reason)))
	}
	return counts, lines.String()
}

// Whatever a collector does, each span is counted once, and Run ends in time.
func TestCounts(t *testing.T) {
	away := func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }
	partial, _ := proto.Marshal(&collectorpb.ExportTraceServiceResponse{
		PartialSuccess: &collectorpb.ExportTracePartialSuccess{RejectedSpans: 2, ErrorMessage: "too old"},
	})
	for _, tt := range []struct {
		name   string
		answer func(*http.Request) (*http.Response, error)
		steps  int
		within time.Duration
		want   [4]int // sent, queue full, not taken, rejected
		asked  int
		log    string
	}{
		{"taken", nil, 3, time.Minute, [4]int{3}, 1, ""},
		{"taken at the end", nil, 3, time.Second, [4]int{3}, 1, ""},
		{"several requests", nil, 3*maxBatch + 1, time.Minute, [4]int{3*maxBatch + 1}, 4, ""},
		{"more than wait", nil, maxQueue + 7, time.Minute, [4]int{maxQueue, 7}, maxQueue / maxBatch, ""},
		{"away", away, 3, time.Minute, [4]int{0, 0, 3}, tries, "connection refused"},
		{"away at the end", away, 3, time.Second, [4]int{0, 0, 3}, 1, "connection refused"},
		{"busy", func(*http.Request) (*http.Response, error) { return status(503, nil), nil }, 3, time.Minute, [4]int{0, 0, 3}, tries, "status 503"},
		{"refuses", func(*http.Request) (*http.Response, error) { return status(401, nil), nil }, 3, time.Minute, [4]int{0, 0, 3}, 1, "status 401"},
		{"elsewhere", func(*http.Request) (*http.Response, error) { return status(307, nil), nil }, 3, time.Minute, [4]int{0, 0, 3}, 1, "status 307"},
		{"rejects some", func(*http.Request) (*http.Response, error) { return status(200, partial), nil }, 3, time.Minute, [4]int{1, 0, 0, 2}, 1, "too old"},
		{"answers in text", func(*http.Request) (*http.Response, error) { return status(200, []byte("thanks")), nil }, 3, time.Minute, [4]int{3}, 1, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := &collector{answer: tt.answer}
			got, log := run(t, c, tt.steps, tt.within, nil)
			if got != tt.want || c.asked != tt.asked {
				t.Errorf("%s: got %d in %d requests, want %d in %d", tt.name, got, c.asked, tt.want, tt.asked)
			}
			lines := 1
			if tt.log == "" {
				lines = 0
			}
			if !strings.Contains(log, tt.log) || strings.Count(log, "\n") != lines {
				t.Errorf("%s: logged %q, want a line with %q", tt.name, log, tt.log)
			}
		})
	}
}

// A collector that comes back gets what comes then, and the spans at hand if it was not away for long.
func TestCollectorComesBack(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fails int
		want  [4]int
		log   int // lines
	}{
		{"soon", 2, [4]int{4}, 0},
		{"later", tries, [4]int{1, 0, 3}, 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := new(collector)
			take := func() { c.answer = nil }
			c.answer = func(*http.Request) (*http.Response, error) {
				if c.asked == tt.fails {
					take()
				}
				return nil, errors.New("connection refused")
			}
			got, log := run(t, c, 3, time.Minute, func() {})
			if got != tt.want || strings.Count(log, "\n") != tt.log {
				t.Errorf("%s: got %d, want %d; logged %s", tt.name, got, tt.want, log)
			}
		})
	}
}

// A collector that does not answer delays the end by two seconds at most, and Add never.
func TestCollectorHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &collector{answer: func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}}
		began := time.Now()
		got, _ := run(t, c, maxQueue, 7*time.Second, nil)
		if took := time.Since(began); took > 9*time.Second || got[2] != maxQueue {
			t.Errorf("got %d dropped and an end after %s, want %d and 2 s at most", got[2], took-7*time.Second, maxQueue)
		}
	})
}
