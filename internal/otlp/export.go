package otlp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	collectorpb "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/slim/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/slim/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/slim/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"readback/internal/backoff"
	"readback/relay/message"
)

const (
	maxAnswer = 64 << 10 // octets of a collector's response
	tries     = 4
	firstWait = time.Second // after a failure; each further wait is twice as long
)

// retryable are the statuses after which the same request may succeed (OTLP specification, "Retryable Response Codes").
var retryable = []int{http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout}

// errRefused is the error of a request that would fail again.
var errRefused = errors.New("refused")

// export exports the spans at hand. A collector that is away for a short time gets them later; meanwhile steps
// wait in the queue. After that the spans are dropped.
func (x *Exporter) export(ctx context.Context) {
	if len(x.spans) == 0 {
		return
	}
	body, err := x.request()
	if err != nil {
		x.end(0, err)
		return
	}
	for n, wait := 1, firstWait; ; n, wait = n+1, 2*wait {
		rejected, err := x.post(ctx, body)
		if err == nil || errors.Is(err, errRefused) || n == tries && ctx.Err() == nil {
			x.end(rejected, err)
			return
		}
		backoff.Sleep(ctx, backoff.Jitter(wait))
		if ctx.Err() != nil {
			return // finish tries once more
		}
	}
}

// exportOnce exports the spans at hand, and does not wait for a collector that is away.
func (x *Exporter) exportOnce(ctx context.Context) {
	if len(x.spans) == 0 {
		return
	}
	rejected := 0
	body, err := x.request()
	if err == nil {
		rejected, err = x.post(ctx, body)
	}
	x.end(rejected, err)
}

// end counts the spans at hand as sent, rejected or dropped, and logs when it begins and ends that all are dropped.
func (x *Exporter) end(rejected int, err error) {
	n := len(x.spans)
	clear(x.spans)
	x.spans = x.spans[:0]
	if err != nil {
		x.opt.Metrics.dropped.WithLabelValues(reasonRefused).Add(float64(n))
	} else {
		rejected = min(rejected, n)
		x.opt.Metrics.dropped.WithLabelValues(reasonRejected).Add(float64(rejected))
		x.opt.Metrics.sent.Add(float64(n - rejected))
	}
	switch is := err != nil; {
	case is && !x.failing:
		x.opt.Logger.Warn("collector does not take traces, they are dropped", "error", err)
	case !is && x.failing:
		x.opt.Logger.Info("collector takes traces again")
	}
	x.failing = err != nil
}

// request returns the spans at hand as an ExportTraceServiceRequest.
func (x *Exporter) request() ([]byte, error) {
	return proto.Marshal(&collectorpb.ExportTraceServiceRequest{ResourceSpans: []*tracepb.ResourceSpans{{
		Resource: &resourcepb.Resource{Attributes: []*commonpb.KeyValue{
			text("service.name", "readback"), text("service.version", x.opt.Version),
		}},
		ScopeSpans: []*tracepb.ScopeSpans{{
			Scope: &commonpb.InstrumentationScope{Name: "readback", Version: x.opt.Version}, Spans: x.spans,
		}},
	}}})
}

// post sends a request. It returns how many of the spans the collector left out. The error is errRefused if the
// request would fail again.
func (x *Exporter) post(ctx context.Context, body []byte) (rejected int, err error) {
	ctx, cancel := context.WithTimeout(ctx, tryTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, x.url, bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errRefused, err)
	}
	for name, values := range x.opt.Header {
		req.Header[name] = values
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	req.Header.Set("User-Agent", "readback/"+x.opt.Version)
	resp, err := x.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch {
	case slices.Contains(retryable, resp.StatusCode):
		return 0, fmt.Errorf("status %d", resp.StatusCode)
	case resp.StatusCode/100 != 2:
		return 0, fmt.Errorf("%w: status %d", errRefused, resp.StatusCode)
	case err != nil:
		return 0, nil
	}
	return x.rejectedBy(answer), nil
}

// rejectedBy returns how many spans a collector left out of a request that it took.
func (x *Exporter) rejectedBy(answer []byte) int {
	var resp collectorpb.ExportTraceServiceResponse
	if proto.Unmarshal(answer, &resp) != nil { // some collectors answer in text
		return 0
	}
	n := resp.GetPartialSuccess().GetRejectedSpans()
	if n <= 0 {
		return 0
	}
	x.opt.Logger.Warn("collector rejects spans", "spans", n, "reason", message.Shown(resp.GetPartialSuccess().GetErrorMessage()))
	return int(n)
}
