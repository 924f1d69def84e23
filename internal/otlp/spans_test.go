package otlp

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	collectorpb "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/slim/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
)

const (
	sender   = "10690001"
	receiver = "447700900101"
)

var testKey = message.SubscriberKey("0123456789abcdef")

func testPlace(t testing.TB, ordinal uint64) journal.Place {
	t.Helper()
	from, errFrom := message.NormalAddr(sender)
	to, errTo := message.NormalAddr(receiver)
	if errFrom != nil || errTo != nil {
		t.Fatal(errFrom, errTo)
	}
	return journal.Place{Conv: message.Conversation{Sender: from, Receiver: to}, Day: 20000, Number: 7, Ordinal: ordinal}
}

// life is what happens to a message that is read.
func life(t testing.TB) []index.Step {
	e := index.Entry{
		Account: []byte("bank"), At: 1000, Trail: message.Trail{Carriage: message.CarriageUDH, Answered: 40},
		Parts: []index.EntryPart{{ID: []byte("a1")}},
	}
	step := func(c message.Change, at int64) index.Step {
		return index.Step{Place: testPlace(t, 6), Change: c, At: at, Entry: e}
	}
	all := []index.Step{step("sent", 1000)}
	all[0].First, all[0].ID, all[0].Trail = true, "a1", e.Trail
	e.DeliveredAt = 1500
	all = append(all, step("delivered", 1500))
	e.ReadAt, e.ReceivedAt = 2900, 3000
	return append(all, step("read", 3000), step("reported", 3100))
}

// exportTo exports steps to a collector, and returns the spans and all octets that it got.
func exportTo(t *testing.T, key message.SubscriberKey, steps ...index.Step) (spans []*tracepb.Span, octets []byte) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		octets = append(octets, body...)
		var req collectorpb.ExportTraceServiceRequest
		if err := proto.Unmarshal(body, &req); err != nil {
			t.Error(err)
		}
		if r.URL.Path != "/otlp/v1/traces" || r.Header.Get("Authorization") != "Bearer x" || r.Header.Get("Content-Type") != "application/x-protobuf" {
			t.Errorf("got %s with %v", r.URL, r.Header)
		}
		for _, a := range req.ResourceSpans[0].Resource.Attributes {
			if want := map[string]string{"service.name": "readback", "service.version": "v1"}[a.Key]; a.Value.GetStringValue() != want {
				t.Errorf("%s: got %q, want %q", a.Key, a.Value.GetStringValue(), want)
			}
		}
		spans = append(spans, req.ResourceSpans[0].ScopeSpans[0].Spans...)
	}))
	defer server.Close()
	x, err := New(Options{
		URL: server.URL + "/otlp", Sample: 1, Version: "v1", Header: http.Header{"Authorization": {"Bearer x"}},
		Logger: slog.New(slog.DiscardHandler), Metrics: NewMetrics(prometheus.NewRegistry()),
	})
	if err != nil {
		t.Fatal(err)
	}
	x.NameSubscribers(key)
	x.Add(steps)
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // what waits is exported at the end
	if err := x.Run(ctx); err != nil {
		t.Fatal(err)
	}
	return spans, octets
}

func show(s *tracepb.Span) string {
	text := fmt.Sprintf("%s %d-%d", s.Name, s.StartTimeUnixNano/1e6, s.EndTimeUnixNano/1e6)
	for _, a := range s.Attributes {
		if a.Key != "subscriber" {
			text += fmt.Sprintf(" %s=%s%.0d", a.Key, a.Value.GetStringValue(), a.Value.GetIntValue())
		}
	}
	if s.Status.GetCode() == tracepb.Status_STATUS_CODE_ERROR {
		text += " error"
	}
	return text
}

// Each step ends a span, or two.
func TestSpans(t *testing.T) {
	of := func(change func(*index.Step), s index.Step) index.Step { change(&s); return s }
	all := life(t)
	const about = " account=bank number=7 state=%s message_id=a1 carriage=udh"
	for _, tt := range []struct {
		name  string
		steps []index.Step
		want  []string
	}{
		{"a life", all, []string{
			"message 1000-1040" + fmt.Sprintf(about, "sent"), "smsc 1000-1040" + fmt.Sprintf(about, "sent"),
			"delivery 1040-1500" + fmt.Sprintf(about, "delivered"),
			"read 1500-3000" + fmt.Sprintf(about, "read") + " read_at=1970-01-01T00:00:02Z",
			"told 3000-3100" + fmt.Sprintf(about, "reported"),
		}},
		{
			"read without a receipt",
			[]index.Step{of(func(s *index.Step) { s.Entry.DeliveredAt = 0 }, all[2])},
			[]string{"read 1040-3000" + fmt.Sprintf(about, "read") + " read_at=1970-01-01T00:00:02Z"},
		},
		{
			"failed",
			[]index.Step{of(func(s *index.Step) { s.Change = "failed" }, all[1])},
			[]string{"delivery 1040-1500" + fmt.Sprintf(about, "failed") + " error"},
		},
		{
			"another part",
			[]index.Step{of(func(s *index.Step) { s.First, s.Seq, s.ID = false, 2, "a2" }, all[0])},
			[]string{"smsc 1000-1040 account=bank number=7 state=sent message_id=a2 carriage=udh part=2"},
		},
		{
			"a clock that went back",
			[]index.Step{of(func(s *index.Step) { s.At = 900 }, all[1])},
			[]string{"delivery 1040-1040" + fmt.Sprintf(about, "delivered")},
		},
	} {
		spans, _ := exportTo(t, testKey, tt.steps...)
		var got []string
		for _, s := range spans {
			got = append(got, show(s))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.name, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
		}
	}
}

// All spans of a message are in one trace below its root, also those that another process exports.
func TestOneTrace(t *testing.T) {
	steps := life(t)
	before, _ := exportTo(t, testKey, steps[:2]...)
	after, _ := exportTo(t, testKey, steps[2:]...)
	spans, ids := append(before, after...), make(map[string]bool)
	for n, s := range spans {
		ids[string(s.SpanId)] = true
		root := spans[0].SpanId
		if n == 0 {
			root = nil
		}
		if !bytes.Equal(s.TraceId, spans[0].TraceId) || !bytes.Equal(s.ParentSpanId, root) || len(s.TraceId) != 16 || len(s.SpanId) != 8 {
			t.Errorf("%s: got trace %x, span %x, parent %x", s.Name, s.TraceId, s.SpanId, s.ParentSpanId)
		}
	}
	if len(ids) != len(spans) {
		t.Errorf("got %d ids of %d spans", len(ids), len(spans))
	}
	steps[1].Place.Ordinal++
	if other, _ := exportTo(t, testKey, steps[1]); bytes.Equal(other[0].TraceId, spans[0].TraceId) {
		t.Error("the next message is in the same trace")
	}
	if other, _ := exportTo(t, testKey[1:], steps[0]); bytes.Equal(other[0].TraceId, spans[0].TraceId) {
		t.Error("the key does not matter: whoever knows a number can compute the trace")
	}
}

// No octet says who the receiver is, but for the hash under the key.
func TestNoNumbers(t *testing.T) {
	for _, key := range []message.SubscriberKey{testKey, nil} {
		_, octets := exportTo(t, key, life(t)...)
		for _, secret := range []string{receiver, receiver[2:], sender, hex.EncodeToString([]byte(receiver)), string(testKey)} {
			if bytes.Contains(octets, []byte(secret)) {
				t.Errorf("key %t: found %s", len(key) > 0, secret)
			}
		}
		if got, want := bytes.Contains(octets, []byte(testKey.Hash(receiver))), len(key) > 0; got != want {
			t.Errorf("hash of the subscriber: got it %t, want %t", got, want)
		}
	}
}

// A part of the messages is sampled, with all their steps.
func TestSampled(t *testing.T) {
	for _, tt := range []struct {
		ratio       float64
		least, most int
	}{{0, 0, 0}, {0.01, 5, 20}, {0.5, 450, 550}, {1, 1000, 1000}} {
		x, err := New(Options{Sample: tt.ratio})
		if err != nil {
			t.Fatal(err)
		}
		x.NameSubscribers(testKey)
		got := 0
		for n := range uint64(1000) {
			p := testPlace(t, n)
			is := x.Sampled(&p)
			if is {
				got++
			}
			if x.Sampled(&p) != is {
				t.Fatal("the steps of a message disagree")
			}
		}
		if got < tt.least || got > tt.most {
			t.Errorf("%v: got %d of 1000, want %d to %d", tt.ratio, got, tt.least, tt.most)
		}
	}
}

func TestRatio(t *testing.T) {
	for text, want := range map[string]float64{"1%": 0.01, "0.1%": 0.001, "100%": 1, "0%": 0, "7.5%": 0.075} {
		var got Ratio
		if err := got.UnmarshalText([]byte(text)); err != nil || string(got) != text || got.Value() != want {
			t.Errorf("%s: got %q, %v, %v, want %v", text, got, got.Value(), err, want)
		}
	}
	for _, text := range []string{"", "%", "1", "0.01", "101%", "-1%", "NaN%", "one%", "1 %"} {
		if err := new(Ratio).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q: got no error", text)
		}
	}
}
