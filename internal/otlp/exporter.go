// Package otlp exports what happens to sampled messages as OpenTelemetry traces, by OTLP over HTTP.
package otlp

import (
	"context"
	"crypto/x509"
	"encoding/binary"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	tracepb "go.opentelemetry.io/proto/slim/otlp/trace/v1"

	"readback/internal/metric"
	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
)

// Limits of what waits, and of the time that an export takes.
const (
	maxQueue = 8192            // steps; further ones are dropped
	maxBatch = 512             // spans of a request, and those of one step more
	interval = 5 * time.Second // between requests, unless there is a whole batch
	tryTime  = 5 * time.Second // for one request
	lastTime = 2 * time.Second // for all requests at the end
)

// Options say where traces go, and of how many messages.
type Options struct {
	URL     string         // of the collector; spans go to /v1/traces below it
	Sample  float64        // the part of the messages that is traced, from 0 to 1
	Header  http.Header    // of each request, such as Authorization
	Roots   *x509.CertPool // authorities that may sign the collector's certificate; nil: those of the system
	Version string         // of this release
	Logger  *slog.Logger
	Metrics *Metrics

	transport http.RoundTripper // of a test
}

// Exporter exports the steps of messages. Add may be called from any goroutine, and never waits.
type Exporter struct {
	opt    Options
	client *http.Client
	url    string
	key    message.SubscriberKey // hides receivers in the attributes; empty: they are left out
	ids    hasher
	queue  chan index.Step

	// Owned by the goroutine of Run.
	spans   []*tracepb.Span
	failing bool // the last request was not taken
}

// Sampled reports whether the message at a place is traced. All gateways with the same key say the same.
func (x *Exporter) Sampled(p *journal.Place) bool {
	ids := x.ids.of(p)
	return has(x.opt.Sample, binary.BigEndian.Uint64(ids.trace[8:]))
}

// Add takes the steps of messages. What finds the queue full is dropped, and counted.
func (x *Exporter) Add(steps []index.Step) {
	for i := range steps {
		select {
		case x.queue <- steps[i]:
		default:
			x.opt.Metrics.dropped.WithLabelValues(reasonQueue).Add(float64(spansOf(&steps[i])))
		}
	}
}

// NameSubscribers sets the key under which a receiver is named. It is called before the first step is added.
// With an empty key receivers have no name, and a trace goes on only until the process ends.
func (x *Exporter) NameSubscribers(key message.SubscriberKey) {
	x.key = key
	if len(key) > 0 {
		x.ids = newHasher(key)
	}
}

// Run exports spans until ctx ends, and then what still waits, for up to two seconds.
func (x *Exporter) Run(ctx context.Context) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case s := <-x.queue:
			x.take(&s)
			if len(x.spans) >= maxBatch {
				x.export(ctx)
			}
		case <-tick.C:
			x.export(ctx)
		case <-ctx.Done():
		}
	}
	x.finish(context.WithoutCancel(ctx))
	x.client.CloseIdleConnections()
	return nil
}

// finish exports what waits.
func (x *Exporter) finish(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lastTime)
	defer cancel()
	for {
		select {
		case s := <-x.queue:
			x.take(&s)
			if len(x.spans) >= maxBatch {
				x.exportOnce(ctx)
			}
		default:
			x.exportOnce(ctx)
			return
		}
	}
}

// Metrics count the spans.
type Metrics struct {
	sent    prometheus.Counter
	dropped *prometheus.CounterVec
}

// The reasons why spans are dropped.
const (
	reasonQueue    = "queue_full"
	reasonRefused  = "not_taken"
	reasonRejected = "rejected"
)

// NewMetrics declares the metrics of traces.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	f := metric.With(reg)
	return &Metrics{
		sent: f.Counter(metric.Opts{
			Name: "readback_trace_spans_sent_total", Help: "Spans that the collector of `otlp.url` has taken.",
		}),
		dropped: f.CounterVec(metric.Opts{
			Name: "readback_trace_spans_dropped_total", Help: "Spans of traces that were dropped, by reason.",
			Labels: []string{"reason"}, Series: metric.Each([]string{reasonQueue, reasonRefused, reasonRejected}),
			Detail: "`queue_full`: too many waited for the collector; `not_taken`: it was away, or refused them; `rejected`: it took the request, and not them.", Look: "it rises",
		}),
	}
}
