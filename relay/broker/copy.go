package broker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Message is a message of a stream as it is copied.
type Message struct {
	Seq     uint64      `json:"seq"`
	Subject string      `json:"subject"`
	Header  nats.Header `json:"header,omitempty"`
	Data    []byte      `json:"data"`
}

// maxGap is how many messages in a row may be gone or damaged until EachMessage gives up the rest.
const maxGap = 10_000

// StreamState returns how many messages a stream has, and the sequences of the first and the last one. ok
// is false if there is no such stream.
func (c Connection) StreamState(ctx context.Context, name string) (state jetstream.StreamState, ok bool, err error) {
	s, err := c.JS.Stream(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return state, false, nil
	}
	if err != nil {
		return state, false, fmt.Errorf("stream %s: %w", name, err)
	}
	return s.CachedInfo().State, true, nil
}

// EachMessage calls f with the messages that a stream has now, in order. It takes nothing out of the stream,
// and leaves out what is gone or damaged. A stream that is not there has no message.
func (c Connection) EachMessage(ctx context.Context, name string, f func(*Message) error) error {
	s, err := c.JS.Stream(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("stream %s: %w", name, err)
	}
	state, gap := s.CachedInfo().State, 0
	for seq := state.FirstSeq; state.Msgs > 0 && seq <= state.LastSeq && gap < maxGap; {
		m, err := s.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(">"))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			seq, gap = seq+1, gap+1
			continue
		}
		if err != nil {
			return fmt.Errorf("message %d of stream %s: %w", seq, name, err)
		}
		if m.Sequence > state.LastSeq {
			return nil // it is new
		}
		if err := f(&Message{Seq: m.Sequence, Subject: m.Subject, Header: m.Header, Data: m.Data}); err != nil {
			return err
		}
		seq, gap = m.Sequence+1, 0
	}
	return nil
}

// Timing of CreateAgain.
const (
	createWait  = 10 * time.Millisecond
	createTries = 100
)

// errCodeStore is the code of the JetStream API for a stream whose files cannot be made (JSStreamCreateErrF).
const errCodeStore = 10049

// CreateAgain creates a stream after one was deleted. A server removes the directory of its streams when the
// last one is deleted, and does so a moment after it says that the stream is gone; the files of the new one
// cannot be made in that moment. CreateAgain then tries again, for a second.
func (c Connection) CreateAgain(ctx context.Context, cfg jetstream.StreamConfig) (s jetstream.Stream, err error) {
	for range createTries {
		s, err = c.JS.CreateStream(ctx, cfg)
		if api := (*jetstream.APIError)(nil); !errors.As(err, &api) || api.ErrorCode != errCodeStore {
			return s, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(createWait):
		}
	}
	return nil, err
}

// Filler publishes copied messages to an empty stream.
type Filler struct {
	conn   Connection
	stream jetstream.Stream
	next   uint64 // sequence of the next message; 0: any
}

// maxFilling is how many messages may be on their way.
const maxFilling = 256

// Fill returns a Filler of an empty stream. If keep is true, each message gets the sequence that it had.
func (c Connection) Fill(ctx context.Context, name string, keep bool) (*Filler, error) {
	js, err := jetstream.New(c.NC, jetstream.WithPublishAsyncMaxPending(maxFilling))
	if err != nil {
		return nil, err
	}
	s, err := js.Stream(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", name, err)
	}
	f := &Filler{conn: Connection{NC: c.NC, JS: js}, stream: s}
	if keep {
		f.next = 1
	}
	return f, nil
}

// Put publishes a message. What comes of it is said by End.
func (f *Filler) Put(ctx context.Context, m *Message) error {
	if f.next > 0 {
		if err := f.skipTo(ctx, m.Seq); err != nil {
			return fmt.Errorf("keep the sequence %d: %w", m.Seq, err)
		}
		f.next++
	}
	return f.publish(m.Subject, m.Header, m.Data)
}

func (f *Filler) publish(subject string, header nats.Header, data []byte) error {
	m := nats.NewMsg(subject)
	m.Data = data
	for key, values := range header {
		if !strings.HasPrefix(key, "Nats-Expected-") { // those were conditions
			m.Header[key] = values
		}
	}
	_, err := f.conn.JS.PublishMsgAsync(m)
	return err
}

// skipTo makes seq the sequence of the next message.
func (f *Filler) skipTo(ctx context.Context, seq uint64) error {
	switch {
	case seq < f.next:
		return fmt.Errorf("the stream is at %d already", f.next)
	case seq == f.next:
		return nil
	case f.next == 1:
		f.next = seq
		return f.stream.Purge(ctx, jetstream.WithPurgeSequence(seq))
	}
	from := f.next
	subject := strings.ReplaceAll(f.stream.CachedInfo().Config.Subjects[0], "*", "gone")
	for ; f.next < seq; f.next++ {
		if err := f.publish(subject, nil, nil); err != nil {
			return err
		}
	}
	if err := f.await(ctx); err != nil {
		return err
	}
	for ; from < seq; from++ {
		if err := f.stream.DeleteMsg(ctx, from); err != nil {
			return err
		}
	}
	return nil
}

// await waits until the server has stored all that was published.
func (f *Filler) await(ctx context.Context) error {
	select {
	case <-f.conn.JS.PublishAsyncComplete():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// End waits until all messages are stored, and returns how many the stream has.
func (f *Filler) End(ctx context.Context) (messages uint64, err error) {
	if err := f.await(ctx); err != nil {
		return 0, err
	}
	info, err := f.stream.Info(ctx)
	if err != nil {
		return 0, err
	}
	return info.State.Msgs, nil
}
