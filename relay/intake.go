package relay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
)

// Bounds of the read responses that come in over NATS.
const (
	maxIntake   = 64              // messages at once
	intakeAgain = 5 * time.Second // when the ledger is down
	intakeWait  = time.Minute     // for the verdict on one message

	limitedAgain = time.Minute // when there are too many for one receiver, longer each time
	maxLimited   = 5           // times; then they are lost
)

// takeReads takes read responses from their stream. A message is acknowledged when the
// verdict on it is durable, and comes again when the ledger is down.
func (r *Relay) takeReads(ctx context.Context) {
	for wait := 50 * time.Millisecond; ctx.Err() == nil; {
		began := time.Now()
		err := r.consumeReads(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > time.Minute {
			wait = 50 * time.Millisecond
		}
		r.log.Warn("read responses cannot be taken from NATS", "error", err)
		pause(ctx, jitter(wait))
		wait = min(2*wait, 5*time.Second)
	}
}

func (r *Relay) consumeReads(ctx context.Context) error {
	c, err := r.js.CreateOrUpdateConsumer(ctx, streamReads, jetstream.ConsumerConfig{
		Durable:       "intake",
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       intakeWait + 5*time.Second,
		MaxAckPending: 4 * maxIntake,
		MemoryStorage: true,
	})
	if err != nil {
		return fmt.Errorf("make consumer: %w", err)
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
			r.takeRead(ctx, m)
			return nil
		})
	}
}

// takeRead settles one message of the stream. Whoever sent it counts as of when the stream
// got it: a token may have expired since.
func (r *Relay) takeRead(ctx context.Context, m jetstream.Msg) {
	meta, err := m.Metadata()
	if err != nil {
		r.log.Error("message in the stream of read responses cannot be read", "error", err)
		return
	}
	answer := r.submitFrom(ctx, credentialOf(m.Headers()), meta.Timestamp, m.Data(), "nats")
	switch {
	case answer.has(http.StatusServiceUnavailable):
		err = m.NakWithDelay(jitter(intakeAgain))
	case answer.has(http.StatusTooManyRequests) && meta.NumDelivered < maxLimited:
		err = m.NakWithDelay(jitter(limitedAgain * time.Duration(meta.NumDelivered)))
	case answer.Code == http.StatusAccepted:
		err = m.Ack()
	default:
		err = m.TermWithReason(answer.refused())
	}
	if err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
		r.log.Warn("read response cannot be acknowledged", "error", err)
	}
}

// answerReads answers requests: the verdict is the reply. What it returns ends that, once
// those that have come are answered.
func (r *Relay) answerReads(ctx context.Context) (end func(), err error) {
	var work errgroup.Group
	work.SetLimit(maxIntake)
	sub, err := r.nc.QueueSubscribe(subjectReadsNow, "readback", func(m *nats.Msg) {
		work.Go(func() error { // waits when too many are at work
			answer, _ := json.Marshal(r.submitFrom(ctx, credentialOf(m.Header), time.Now(), m.Data, "nats")) // of strings and integers
			if m.Reply != "" {
				_ = m.Respond(answer) // who asked asks again
			}
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("answer on %s: %w", subjectReadsNow, err)
	}
	return func() {
		drain(sub)
		_ = work.Wait() // they return nothing
	}, nil
}

// drain ends a subscription after what has come; it waits a second at most.
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
