package main

import (
	"bytes"
	"context"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/prometheus/client_golang/prometheus/testutil"
	collectorpb "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"readback/config"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// collector takes traces, with a certificate that no authority of the system has signed.
type collector struct {
	*httptest.Server
	ca string // PEM file with that certificate

	mu     sync.Mutex
	octets []byte              // guarded by mu: of all requests
	traces map[string][]string // guarded by mu: the spans by trace
}

func newCollector(t *testing.T) *collector {
	c := &collector{traces: make(map[string][]string)}
	c.Server = httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var req collectorpb.ExportTraceServiceRequest
		if err != nil || proto.Unmarshal(body, &req) != nil || r.Header.Get("Authorization") != "Bearer x" {
			t.Errorf("got %q with %v, %v", body, r.Header, err)
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.octets = append(c.octets, body...)
		for _, s := range req.ResourceSpans[0].ScopeSpans[0].Spans {
			c.traces[string(s.TraceId)] = append(c.traces[string(s.TraceId)], s.Name)
		}
	}))
	t.Cleanup(c.Close)
	c.ca = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(c.ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return c
}

// startTracing starts a gateway with a store that may be there, and binds an ESME.
func startTracing(ctx context.Context, t *testing.T, store string, c *collector, sample string) (*running, *simulator.ESME) {
	t.Helper()
	r := startBefore(t, simulator.Options{Keep: 1000}, func(cfg *config.Config) {
		cfg.Relay.Store = store
		cfg.OTLP.URL, cfg.OTLP.CA, cfg.OTLP.Headers = c.URL, c.ca, map[string]config.Secret{"Authorization": "Bearer x"}
		if err := cfg.OTLP.Sample.UnmarshalText([]byte(sample)); err != nil {
			t.Fatal(err)
		}
	})
	if err := r.relay.WaitReady(ctx); err != nil {
		t.Fatal(err)
	}
	return r, bindWhenReady(ctx, t, r, simulator.ESMEOptions{
		Bind: simulator.Bind{SystemID: "bank"}, OnRequest: func(smpp.Frame) pdu.Status { return smpp.StatusOK },
	})
}

// submitTraced submits a message, and returns when it was delivered.
func submitTraced(ctx context.Context, t *testing.T, r *running, e *simulator.ESME) {
	t.Helper()
	m := simulator.ShortMessage{
		From: simulator.Number("10690001"), To: simulator.Number("447700900101"), UserData: []byte("Hello"),
		RegisteredDelivery: smpp.RegisteredReadAck | smpp.RegisteredReceipt,
	}
	if resp, err := e.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0)); err != nil || resp.Status() != smpp.StatusOK {
		t.Fatalf("submit_sm: %v %v", resp, err)
	}
	relayAwait(ctx, t, r, func() bool {
		all := r.relay.Statistics()
		return len(all) == 1 && all[0].Delivered == 1
	})
}

// relayAwait returns when the statistics are as they should be.
func relayAwait(ctx context.Context, t *testing.T, r *running, is func() bool) {
	t.Helper()
	for !is() {
		if ctx.Err() != nil {
			t.Fatalf("got %+v", r.relay.Statistics())
		}
		runtime.Gosched()
	}
}

// TestTraces follows a message by its trace, over a restart, to a collector that does not learn the receiver.
func TestTraces(t *testing.T) {
	ctx, store := testpeer.Within(t), t.TempDir()
	c := newCollector(t)
	r, e := startTracing(ctx, t, store, c, "100%")
	submitTraced(ctx, t, r, e)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	r, _ = startTracing(ctx, t, store, c, "100%")
	read, err := http.Post("http://"+r.Reads()+"/v1/reads", "application/json", strings.NewReader(`{"receiver":"+447700900101","number":1}`))
	if err != nil || read.StatusCode != http.StatusAccepted {
		t.Fatalf("read response: %v %v", read, err)
	}
	_ = read.Body.Close() // its status is all
	relayAwait(ctx, t, r, func() bool {
		all := r.relay.Statistics()
		return len(all) == 1 && all[0].Reported == 1
	})
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for trace, spans := range c.traces {
		if want := []string{"message", "smsc", "delivery", "read", "told"}; !slices.Equal(spans, want) || len(c.traces) != 1 {
			t.Errorf("trace %x of %d: got %q, want %q", trace, len(c.traces), spans, want)
		}
	}
	if len(c.traces) == 0 || bytes.Contains(c.octets, []byte("7700900101")) {
		t.Errorf("got %d traces, %q, want one without the receiver", len(c.traces), c.octets)
	}
}

// TestTracesOfNone submits messages of which none is traced, or whose traces nobody takes.
func TestTracesOfNone(t *testing.T) {
	away, unknown := newCollector(t), newCollector(t)
	away.Close()
	unknown.ca = ""
	for _, tt := range []struct {
		name    string
		to      *collector
		sample  string
		dropped int
	}{
		{"not sampled", newCollector(t), "0%", 0},
		{"nobody there", away, "100%", 3},
		{"signed by an authority that nobody knows", unknown, "100%", 3},
	} {
		ctx := testpeer.Within(t)
		r, e := startTracing(ctx, t, t.TempDir(), tt.to, tt.sample)
		submitTraced(ctx, t, r, e)
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
		want := strings.NewReader("# HELP readback_trace_spans_sent_total Spans that the collector of `otlp.url` has taken.\n" +
			"# TYPE readback_trace_spans_sent_total counter\nreadback_trace_spans_sent_total 0\n")
		if err := testutil.GatherAndCompare(r.metrics, want, "readback_trace_spans_sent_total"); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if got := droppedSpans(t, r); got != tt.dropped {
			t.Errorf("%s: got %d spans dropped, want %d", tt.name, got, tt.dropped)
		}
	}
}

// droppedSpans returns how many spans were dropped for any reason.
func droppedSpans(t *testing.T, r *running) (n int) {
	t.Helper()
	families, err := r.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "readback_trace_spans_dropped_total" {
				n += int(m.GetCounter().GetValue())
			}
		}
	}
	return n
}
