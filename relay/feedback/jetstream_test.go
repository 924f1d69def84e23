package feedback

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/journal"
)

// fakeJS is a JetStream of which a test replaces some functions. The JetStream inside does the rest.
type fakeJS struct {
	jetstream.JetStream
	publish      func(*nats.Msg) error                   // PublishMsg
	publishAsync func(*nats.Msg) error                   // PublishMsgAsync
	stream       func(jetstream.Stream) jetstream.Stream // replaces what Stream returns
}

func (js *fakeJS) PublishMsg(ctx context.Context, m *nats.Msg, opts ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	if js.publish == nil {
		return js.JetStream.PublishMsg(ctx, m, opts...)
	}
	return &jetstream.PubAck{}, js.publish(m)
}

func (js *fakeJS) PublishMsgAsync(m *nats.Msg, opts ...jetstream.PublishOpt) (jetstream.PubAckFuture, error) {
	if js.publishAsync == nil {
		return js.JetStream.PublishMsgAsync(m, opts...)
	}
	return nil, js.publishAsync(m)
}

func (js *fakeJS) Stream(ctx context.Context, name string) (jetstream.Stream, error) {
	s, err := js.JetStream.Stream(ctx, name)
	if err != nil || js.stream == nil {
		return s, err
	}
	return js.stream(s), nil
}

// fakeStream is a stream of which a test replaces some functions. The Stream inside does the rest.
type fakeStream struct {
	jetstream.Stream
	got          func(*jetstream.RawStreamMsg) // changes what GetMsg returns
	remove       func(seq uint64) error        // DeleteMsg
	secureRemove func(seq uint64) error        // SecureDeleteMsg
}

func (s *fakeStream) GetMsg(ctx context.Context, seq uint64, opts ...jetstream.GetMsgOpt) (*jetstream.RawStreamMsg, error) {
	m, err := s.Stream.GetMsg(ctx, seq, opts...)
	if err == nil && s.got != nil {
		s.got(m)
	}
	return m, err
}

func (s *fakeStream) DeleteMsg(ctx context.Context, seq uint64) error {
	if s.remove == nil {
		return s.Stream.DeleteMsg(ctx, seq)
	}
	return s.remove(seq)
}

func (s *fakeStream) SecureDeleteMsg(ctx context.Context, seq uint64) error {
	if s.secureRemove == nil {
		return s.Stream.SecureDeleteMsg(ctx, seq)
	}
	return s.secureRemove(seq)
}

// withoutPublish is js, but it publishes nothing.
func withoutPublish(js jetstream.JetStream) jetstream.JetStream {
	return &fakeJS{JetStream: js, publish: func(*nats.Msg) error { return journal.ErrUnreachable }}
}

// withoutDelete is js, but it deletes no message.
func withoutDelete(js jetstream.JetStream) jetstream.JetStream {
	refuse := func(uint64) error { return journal.ErrUnreachable }
	return &fakeJS{JetStream: js, stream: func(s jetstream.Stream) jetstream.Stream {
		return &fakeStream{Stream: s, remove: refuse, secureRemove: refuse}
	}}
}

// withAges is js, but its messages are older than they are. The ages are by sequence.
func withAges(js jetstream.JetStream, ages map[uint64]time.Duration) jetstream.JetStream {
	older := func(m *jetstream.RawStreamMsg) { m.Time = m.Time.Add(-ages[m.Sequence]) }
	return &fakeJS{JetStream: js, stream: func(s jetstream.Stream) jetstream.Stream {
		return &fakeStream{Stream: s, got: older}
	}}
}

// streams is a JetStream that only takes messages. The test acknowledges them.
type streams struct {
	jetstream.JetStream
	refuse error // of PublishMsgAsync, once

	published []*nats.Msg
	acks      []*pending
}

// pending is a message that its stream has not acknowledged yet.
type pending struct {
	jetstream.PubAckFuture
	ok  chan *jetstream.PubAck
	err chan error
}

func (p *pending) Ok() <-chan *jetstream.PubAck { return p.ok }

func (p *pending) Err() <-chan error { return p.err }

// acknowledge acknowledges all that was published.
func (s *streams) acknowledge() {
	for _, ack := range s.acks {
		ack.ok <- &jetstream.PubAck{}
	}
}

func (s *streams) PublishMsgAsync(m *nats.Msg, _ ...jetstream.PublishOpt) (jetstream.PubAckFuture, error) {
	if err := s.refuse; err != nil {
		s.refuse = nil
		return nil, err
	}
	p := &pending{ok: make(chan *jetstream.PubAck, 1), err: make(chan error, 1)}
	s.published, s.acks = append(s.published, m), append(s.acks, p)
	return p, nil
}

// ids are the ids of what was published.
func (s *streams) ids() (ids []string) {
	for _, m := range s.published {
		ids = append(ids, m.Header.Get(nats.MsgIdHdr))
	}
	return ids
}
