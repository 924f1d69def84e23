package feedback

import (
	"context"
	"sync/atomic"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// connection is the JetStream of the connection that there is now. NATS closes a connection for good when
// it is misused, and then another one is made.
type connection struct {
	jetstream.JetStream // of the first connection: for methods that are not below
	now                 atomic.Pointer[jetstream.JetStream]
}

// Connect gives feedback the JetStream that has its streams. It is called before the ledger is up and
// begun is closed, and again with that of another connection.
func (f *Service) Connect(js jetstream.JetStream) {
	if c, ok := f.js.(*connection); ok {
		c.now.Store(&js)
		return
	}
	c := &connection{JetStream: js}
	c.now.Store(&js)
	f.js = c
}

func (c *connection) js() jetstream.JetStream { return *c.now.Load() }

// Conn returns the connection.
func (c *connection) Conn() *nats.Conn { return c.js().Conn() }

// Stream looks a stream up.
func (c *connection) Stream(ctx context.Context, name string) (jetstream.Stream, error) {
	return c.js().Stream(ctx, name)
}

// CreateStream makes a stream.
func (c *connection) CreateStream(ctx context.Context, s jetstream.StreamConfig) (jetstream.Stream, error) {
	return c.js().CreateStream(ctx, s)
}

// CreateOrUpdateStream makes a stream, or changes it.
func (c *connection) CreateOrUpdateStream(ctx context.Context, s jetstream.StreamConfig) (jetstream.Stream, error) {
	return c.js().CreateOrUpdateStream(ctx, s)
}

// UpdateStream changes a stream.
func (c *connection) UpdateStream(ctx context.Context, s jetstream.StreamConfig) (jetstream.Stream, error) {
	return c.js().UpdateStream(ctx, s)
}

// Consumer looks a consumer up.
func (c *connection) Consumer(ctx context.Context, stream, name string) (jetstream.Consumer, error) {
	return c.js().Consumer(ctx, stream, name)
}

// CreateOrUpdateConsumer makes a consumer.
func (c *connection) CreateOrUpdateConsumer(ctx context.Context, stream string, o jetstream.ConsumerConfig) (jetstream.Consumer, error) {
	return c.js().CreateOrUpdateConsumer(ctx, stream, o)
}

// DeleteConsumer removes a consumer.
func (c *connection) DeleteConsumer(ctx context.Context, stream, name string) error {
	return c.js().DeleteConsumer(ctx, stream, name)
}

// PublishMsg publishes a message and waits until it is in its stream.
func (c *connection) PublishMsg(ctx context.Context, m *nats.Msg, opt ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	return c.js().PublishMsg(ctx, m, opt...)
}

// PublishMsgAsync publishes a message.
func (c *connection) PublishMsgAsync(m *nats.Msg, opt ...jetstream.PublishOpt) (jetstream.PubAckFuture, error) {
	return c.js().PublishMsgAsync(m, opt...)
}
