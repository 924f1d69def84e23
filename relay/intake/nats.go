package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"readback/relay/access"
	"readback/relay/broker"
)

// natsClients is the way in for NATS clients: a request, or a message for the stream of read responses.
type natsClients struct{ *streamReader }

// take takes read responses from their stream. A message is acknowledged when the verdict on it is
// durable. It is delivered again if the ledger is down.
func (n *natsClients) take(ctx context.Context) {
	n.keepTaking(ctx, "NATS", func(ctx context.Context) error {
		return n.consume(ctx, consumer{stream: streamReads, durable: "intake", memory: true, take: n.takeRead})
	})
}

// takeRead submits and settles one message of the stream. The credential is checked as of the time
// when the stream got the message: a token may have expired since.
func (n *natsClients) takeRead(ctx context.Context, m jetstream.Msg) {
	meta, err := m.Metadata()
	if err != nil {
		n.log.Error("message in the stream of read responses cannot be read", "error", err)
		return
	}
	n.settle(m, meta.NumDelivered, n.submitFrom(ctx, access.CredentialOf(m.Headers()), meta.Timestamp, m.Data(), via{"nats", true}))
}

// answer answers requests. The verdict is the reply.
func (n *natsClients) answer(ctx context.Context) (end func(), err error) {
	var work errgroup.Group
	work.SetLimit(maxSubmitting)
	sub, err := n.nc.QueueSubscribe(broker.SubjectReadsNow, "readback", func(m *nats.Msg) {
		work.Go(func() error { // waits when too many are at work
			answer, _ := json.Marshal(n.submitFrom(ctx, access.CredentialOf(m.Header), time.Now(), m.Data, via{name: "nats"})) // of strings and integers
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
