package relay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"readback/internal/backoff"
	"readback/relay/access"
	"readback/relay/broker"
	"readback/relay/message"
)

// Bounds of the read responses that come in over NATS.
const (
	maxIntake     = 64              // messages that are submitted at a time
	maxAckPending = 4 * maxIntake   // messages that are delivered and not settled
	intakeAgain   = 5 * time.Second // delay of the next delivery when the ledger is down
	intakeWait    = time.Minute     // for the verdict on one message

	limitedAgain = time.Minute // delay when there are too many for one receiver, longer each time
	maxLimited   = 5           // deliveries; after them the message is dropped
)

// streamIntake takes read responses from streams. The ways in over NATS share it.
type streamIntake struct {
	*submitter
	nc      *nats.Conn
	js      jetstream.JetStream
	log     *slog.Logger
	putOffs putOffs
}

// natsIntake is the way in for NATS clients: a request, or a message for the stream of read responses.
type natsIntake struct{ *streamIntake }

// take takes read responses from their stream. A message is acknowledged when the verdict on it is
// durable. It is delivered again if the ledger is down.
func (n *natsIntake) take(ctx context.Context) {
	n.keepTaking(ctx, "NATS", func(ctx context.Context) error {
		return n.consume(ctx, intake{stream: streamReads, durable: "intake", memory: true, take: n.takeRead})
	})
}

// keepTaking calls consume until ctx ends, again after each error.
func (in *streamIntake) keepTaking(ctx context.Context, from string, consume func(context.Context) error) {
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

// intake is a durable consumer of read responses.
type intake struct {
	stream, durable, filter string
	memory                  bool   // its state may be lost: the stream keeps what is not acknowledged
	ready                   func() // called when the consumer exists; may be nil
	take                    func(context.Context, jetstream.Msg)
}

func (si *streamIntake) consume(ctx context.Context, in intake) error {
	c, err := si.js.CreateOrUpdateConsumer(ctx, in.stream, jetstream.ConsumerConfig{
		Durable:       in.durable,
		FilterSubject: in.filter,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       intakeWait + 5*time.Second,
		MaxAckPending: maxAckPending,
		MemoryStorage: in.memory,
	})
	if err != nil {
		return fmt.Errorf("make consumer: %w", err)
	}
	if in.ready != nil {
		in.ready()
	}
	messages, err := c.Messages(jetstream.PullMaxMessages(maxIntake), jetstream.PullHeartbeat(2*time.Second))
	if err != nil {
		return fmt.Errorf("consume: %w", err)
	}
	defer messages.Stop()
	var work errgroup.Group
	work.SetLimit(maxIntake)
	defer func() { _ = work.Wait() }() // they return nothing
	for {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("consume: %w", err)
		}
		work.Go(func() error {
			in.take(ctx, m)
			return nil
		})
	}
}

// takeRead submits and settles one message of the stream. The credential is checked as of the time
// when the stream got the message: a token may have expired since.
func (n *natsIntake) takeRead(ctx context.Context, m jetstream.Msg) {
	meta, err := m.Metadata()
	if err != nil {
		n.log.Error("message in the stream of read responses cannot be read", "error", err)
		return
	}
	n.settle(m, meta.NumDelivered, n.submitFrom(ctx, access.CredentialOf(m.Headers()), meta.Timestamp, m.Data(), "nats"))
}

// settle acknowledges a message that has been delivered so many times, if the answer is final. Else
// the message is delivered again later. settle reports whether the answer is final.
func (in *streamIntake) settle(m jetstream.Msg, times uint64, a answer) (final bool) {
	final = true
	var err error
	now, limited := time.Now(), backoff.Jitter(limitedAgain*time.Duration(min(times, maxLimited)))
	switch {
	case a.has(message.VerdictUnavailable):
		final, err = false, m.NakWithDelay(backoff.Jitter(intakeAgain))
	case a.has(message.VerdictTooMany) && times < maxLimited && in.putOffs.add(now, now.Add(limited)):
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

// answer answers requests. The verdict is the reply.
func (n *natsIntake) answer(ctx context.Context) (end func(), err error) {
	var work errgroup.Group
	work.SetLimit(maxIntake)
	sub, err := n.nc.QueueSubscribe(broker.SubjectReadsNow, "readback", func(m *nats.Msg) {
		work.Go(func() error { // waits when too many are at work
			answer, _ := json.Marshal(n.submitFrom(ctx, access.CredentialOf(m.Header), time.Now(), m.Data, "nats")) // of strings and integers
			if m.Reply != "" {
				_ = m.Respond(answer) // who asked asks again
			}
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("answer on %s: %w", broker.SubjectReadsNow, err)
	}
	return func() {
		drain(sub)
		_ = work.Wait() // they return nothing
	}, nil
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
