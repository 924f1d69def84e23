package otlp

import (
	"time"

	commonpb "go.opentelemetry.io/proto/slim/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/slim/otlp/trace/v1"

	"readback/relay/index"
	"readback/relay/message"
)

// Changes that are states.
var (
	sent      = message.Change(message.StateSent.String())
	expired   = message.Change(message.StateExpired.String())
	failed    = message.Change(message.StateFailed.String())
	delivered = message.Change(message.StateDelivered.String())
)

// spansOf returns how many spans end with a step.
func spansOf(s *index.Step) int {
	if s.First {
		return 2
	}
	return 1
}

// take makes the spans that end with a step.
func (x *Exporter) take(s *index.Step) {
	ids, e := x.ids.of(&s.Place), &s.Entry
	answered, received := e.At+int64(e.Trail.Answered), e.ReceivedAt
	if received == 0 {
		received = s.At
	}
	switch s.Change {
	case sent:
		end := s.At + int64(s.Trail.Answered)
		if s.First {
			root := x.span(s, &ids, "message", spanMessage, s.At, end)
			root.Kind, root.ParentSpanId = tracepb.Span_SPAN_KIND_SERVER, nil
		}
		smsc := x.span(s, &ids, "smsc", spanSMSC, s.At, end)
		smsc.Kind = tracepb.Span_SPAN_KIND_CLIENT
	case delivered:
		x.span(s, &ids, "delivery", spanDelivery, answered, s.At)
	case failed, expired:
		x.span(s, &ids, "delivery", spanFailure, answered, s.At).Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: string(s.Change)}
	case message.ChangeReported:
		x.span(s, &ids, "told", spanTold, received, s.At)
	default: // read, or deleted unread
		since := answered
		if e.DeliveredAt != 0 {
			since = e.DeliveredAt
		}
		read := x.span(s, &ids, "read", spanRead, since, received)
		read.Attributes = append(read.Attributes, text("read_at", time.UnixMilli(e.ReadAt).UTC().Format(time.RFC3339)))
	}
}

// span adds a span from one time to another, in ms.
func (x *Exporter) span(s *index.Step, ids *ids, name string, kind byte, from, to int64) *tracepb.Span {
	const ms = uint64(time.Millisecond)
	part := s.Seq
	if kind != spanSMSC {
		part = 0
	}
	span := &tracepb.Span{
		TraceId: ids.trace[:], SpanId: ids.span(kind, part), ParentSpanId: ids.span(spanMessage, 0), Flags: 1, // sampled
		Name: name, Kind: tracepb.Span_SPAN_KIND_INTERNAL, Attributes: x.attributes(s),
		StartTimeUnixNano: uint64(from) * ms, EndTimeUnixNano: uint64(max(from, to)) * ms,
	}
	x.spans = append(x.spans, span)
	return span
}

// attributes say which message a span is of. Names and values are those of the log.
func (x *Exporter) attributes(s *index.Step) []*commonpb.KeyValue {
	e, id := &s.Entry, s.ID
	if s.Change != sent && len(e.Parts) > 0 {
		id = string(e.Parts[0].ID)
	}
	all := []*commonpb.KeyValue{
		text("account", message.Shown(string(e.Account))), integer("number", int64(s.Place.Number)),
		text("state", string(s.Change)), text("message_id", message.Shown(id)),
	}
	if c := e.Trail.Carriage; c != message.CarriageUnknown {
		all = append(all, text("carriage", c.String()))
	}
	if hash := x.key.Hash(s.Place.Conv.Receiver.String()); hash != "" {
		all = append(all, text("subscriber", hash))
	}
	if s.Seq > 0 {
		all = append(all, integer("part", int64(s.Seq)))
	}
	return all
}

func text(key, value string) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: value}}}
}

func integer(key string, value int64) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: value}}}
}
