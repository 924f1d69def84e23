package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// replayPatience is how long the server may deliver nothing before Replay asks for the next message
// itself. The server never gets past a damaged message.
const replayPatience = 2 * time.Second

// Newest returns the newest batch; nil if there is none, or it is damaged.
func (l *JetStream) Newest(ctx context.Context) ([]byte, error) {
	if l.info.Empty {
		return nil, nil
	}
	newest, err := l.get(ctx, l.info.Last)
	if err != nil {
		return nil, fmt.Errorf("newest message of the log: %w", err)
	}
	return newest, nil
}

// Replay calls f with the batches from sequence from to the end of the log as it was opened. It leaves
// out the messages that are gone or damaged.
func (l *JetStream) Replay(ctx context.Context, from uint64, f func(seq uint64, batch []byte) error) error {
	from = max(from, l.info.First)
	for !l.info.Empty && from <= l.info.Last {
		next, err := l.deliver(ctx, from, f)
		if err != nil {
			return err
		}
		if from, err = l.passDamage(ctx, next, f); err != nil {
			return err
		}
	}
	return nil
}

// deliver calls f with the messages from sequence from on that a consumer delivers, up to the end of
// the log or to a damaged message. It returns the sequence behind the last one.
func (l *JetStream) deliver(ctx context.Context, from uint64, f func(seq uint64, batch []byte) error) (uint64, error) {
	c, err := l.js.OrderedConsumer(ctx, Stream, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:   from,
	})
	if err != nil {
		return from, fmt.Errorf("read the log: %w", err)
	}
	messages, err := c.Messages(jetstream.PullMaxMessages(256))
	if err != nil {
		return from, fmt.Errorf("read the log: %w", err)
	}
	defer messages.Stop()
	for next := from; ; {
		m, err := l.await(ctx, messages)
		if err != nil {
			if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
				return next, nil
			}
			return next, fmt.Errorf("read the log: %w", err)
		}
		meta, err := m.Metadata()
		if err != nil {
			return next, fmt.Errorf("read the log: %w", err)
		}
		seq := meta.Sequence.Stream
		if seq > l.info.Last {
			return l.info.Last + 1, nil // it is new
		}
		if err := f(seq, m.Data()); err != nil {
			return next, err
		}
		next = seq + 1
		if next > l.info.Last || meta.NumPending == 0 {
			return l.info.Last + 1, nil
		}
	}
}

func (l *JetStream) await(ctx context.Context, messages jetstream.MessagesContext) (jetstream.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, replayPatience)
	defer cancel()
	return messages.Next(jetstream.NextContext(ctx))
}

// passDamage looks for the first message from sequence from on that can be read, and calls f with it.
// It returns the sequence behind it.
func (l *JetStream) passDamage(ctx context.Context, from uint64, f func(seq uint64, batch []byte) error) (uint64, error) {
	for ; from <= l.info.Last; from++ {
		seq, data, err := l.next(ctx, from)
		if err != nil {
			return from, fmt.Errorf("read the log: %w", err)
		}
		if data == nil {
			continue
		}
		if seq > l.info.Last {
			break
		}
		return seq + 1, f(seq, data)
	}
	return l.info.Last + 1, nil
}
