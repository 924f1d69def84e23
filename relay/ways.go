package relay

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

// natsWays are the ways in over NATS.
type natsWays []natsWay

// natsOptions are what the ways in over NATS need.
type natsOptions struct {
	Submitter *submitter
	Conn      *nats.Conn
	JetStream jetstream.JetStream
	MQTT      bool   // MQTT clients may connect
	Taking    func() // called when read responses of MQTT clients are taken from their stream
	Logger    *slog.Logger
}

// newNATSWays returns the ways in over NATS. A new one is a file and an element here.
func newNATSWays(opt natsOptions) natsWays {
	in := &streamIntake{submitter: opt.Submitter, nc: opt.Conn, js: opt.JetStream, log: opt.Logger}
	return natsWays{
		&natsIntake{in},
		&topicIntake{streamIntake: in, mqtt: opt.MQTT, taking: sync.OnceFunc(opt.Taking)},
	}
}

// answerAll answers read responses that are not in a stream, on all ways. end ends that when those
// that have come are answered.
func (ways natsWays) answerAll(ctx context.Context) (end func(), err error) {
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

// takeAll takes read responses from all streams until ctx ends.
func (ways natsWays) takeAll(ctx context.Context) {
	var taking sync.WaitGroup
	for _, w := range ways {
		taking.Go(func() { w.take(ctx) })
	}
	taking.Wait()
}
