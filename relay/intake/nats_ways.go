package intake

import (
	"context"
	"log/slog"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// natsWay is a way in over NATS.
type natsWay interface {
	// answer subscribes to the read responses that are not in a stream, and answers them. end
	// ends that when those that have come are answered.
	answer(ctx context.Context) (end func(), err error)
	// take takes read responses from a stream until ctx ends.
	take(ctx context.Context)
}

// NATSWays are the ways in over NATS.
type NATSWays []natsWay

// NATSOptions are what the ways in over NATS need.
type NATSOptions struct {
	Submitter *Submitter
	Conn      *nats.Conn
	JetStream jetstream.JetStream
	MQTT      bool   // MQTT clients may connect
	Taking    func() // called when read responses of MQTT clients are taken from their stream
	Logger    *slog.Logger
}

// NewNATSWays returns the ways in over NATS. A new one is a file and an element here.
func NewNATSWays(opt NATSOptions) NATSWays {
	in := &streamReader{Submitter: opt.Submitter, nc: opt.Conn, js: opt.JetStream, log: opt.Logger}
	return NATSWays{
		&natsClients{in},
		&topics{streamReader: in, mqtt: opt.MQTT, taking: sync.OnceFunc(opt.Taking)},
	}
}

// Answer answers read responses that are not in a stream, on all ways. end ends that when those
// that have come are answered.
func (ways NATSWays) Answer(ctx context.Context) (end func(), err error) {
	var ends []func()
	end = func() {
		for _, f := range ends {
			f()
		}
	}
	for _, w := range ways {
		f, err := w.answer(ctx)
		if err != nil {
			end()
			return nil, err
		}
		ends = append(ends, f)
	}
	return end, nil
}

// Take takes read responses from all streams until ctx ends.
func (ways NATSWays) Take(ctx context.Context) {
	var taking sync.WaitGroup
	for _, w := range ways {
		taking.Go(func() { w.take(ctx) })
	}
	taking.Wait()
}
