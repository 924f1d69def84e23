package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"readback/internal/backoff"
	"readback/relay/message"
)

// Bounds of the read responses that come in over NATS.
const (
	maxSubmitting = 64                // messages that are submitted at a time
	maxAckPending = 4 * maxSubmitting // messages that are delivered and not settled
	downDelay     = 5 * time.Second   // delay of the next delivery when the ledger is down
	submitTimeout = time.Minute       // for the verdict on one message

	rateDelay     = time.Minute // delay when there are too many for one receiver, longer each time
	maxDeliveries = 5           // deliveries; after them the message is dropped
)

// streamReader takes read responses from streams. The ways in over NATS share it.
type streamReader struct {
	*Submitter
	nc      *nats.Conn
	js      jetstream.JetStream
	log     *slog.Logger
	delayed delays
}

// keepTaking calls consume until ctx ends, again after each error.
func (in *streamReader) keepTaking(ctx context.Context, from string, consume func(context.Context) error) {
	said := "" // the last error: one that stays, such as a missing permission, is logged once
	for wait := 50 * time.Millisecond; ctx.Err() == nil; {
		began := time.Now()
		err := consume(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > time.Minute {
			wait, said = 50*time.Millisecond, ""
		}
		if err.Error() != said && !errors.Is(err, jetstream.ErrStreamNotFound) {
			in.log.Warn("read responses cannot be taken", "from", from, "error", err)
			said = err.Error()
		}
		backoff.Sleep(ctx, backoff.Jitter(wait))
		wait = min(2*wait, 5*time.Second)
	}
}

// consumer is a durable consumer of read responses.
type consumer struct {
	stream, durable string
	filters         []string // subjects; empty: all of the stream
	memory          bool     // its state may be lost: the stream keeps what is not acknowledged
	ready           func()   // called when the consumer exists; may be nil
	take            func(context.Context, jetstream.Msg)
}

// consume takes messages by a consumer until ctx ends or the stream is lost.
func (in *streamReader) consume(ctx context.Context, from consumer) error {
	c, err := in.js.CreateOrUpdateConsumer(ctx, from.stream, jetstream.ConsumerConfig{
		Durable:        from.durable,
		FilterSubjects: from.filters,
		AckPolicy:      jetstream.AckExplicitPolicy,
		AckWait:        submitTimeout + 5*time.Second,
		MaxAckPending:  maxAckPending,
		MemoryStorage:  from.memory,
	})
	if err != nil {
		return fmt.Errorf("make consumer: %w", err)
	}
	if from.ready != nil {
		from.ready()
	}
	messages, err := c.Messages(jetstream.PullMaxMessages(maxSubmitting), jetstream.PullHeartbeat(2*time.Second))
	if err != nil {
		return fmt.Errorf("consume: %w", err)
	}
	defer messages.Stop()
	var work errgroup.Group
	work.SetLimit(maxSubmitting)
	defer func() { _ = work.Wait() }() // they return nothing
	for {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("consume: %w", err)
		}
		work.Go(func() error {
			from.take(ctx, m)
			return nil
		})
	}
}

// settle acknowledges a message that has been delivered so many times, if the answer is final. Else
// the message is delivered again later. settle reports whether the answer is final.
func (in *streamReader) settle(m jetstream.Msg, times uint64, a answer) (final bool) {
	final = true
	var err error
	now, limited := time.Now(), backoff.Jitter(rateDelay*time.Duration(min(times, maxDeliveries)))
	switch {
	case a.has(message.VerdictUnavailable):
		final, err = false, m.NakWithDelay(backoff.Jitter(downDelay))
	case a.has(message.VerdictTooMany) && times < maxDeliveries && in.delayed.add(now, now.Add(limited)):
		final, err = false, m.NakWithDelay(limited)
	case a.IsAccepted():
		err = m.Ack()
	default:
		err = m.TermWithReason(a.refused())
	}
	if err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
		in.log.Warn("read response cannot be acknowledged", "error", err)
	}
	return final
}

// drain ends a subscription when the messages that have come are handled, within a second.
func drain(sub *nats.Subscription) {
	drained := make(chan struct{})
	var once sync.Once
	sub.SetClosedHandler(func(string) { once.Do(func() { close(drained) }) })
	if sub.Drain() != nil {
		return
	}
	t := time.NewTimer(time.Second)
	defer t.Stop()
	select {
	case <-drained:
	case <-t.C:
	}
}
