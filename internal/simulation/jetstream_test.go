package simulation

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// streams is the JetStream of one process: the queue of the feedback, and other streams that are empty.
type streams struct {
	jetstream.JetStream
	p    *process
	s    *queueServer
	sent uint64    // publishes so far
	next time.Time // not before it does the next one arrive: they keep their order
}

var errNATS = errors.New("simulated: NATS is away")

// reach may be the last that the process does. The error is one if the server cannot be reached.
func (js *streams) reach() error {
	js.p.reach()
	if js.p.isGone() || js.s.isAway() {
		return errNATS
	}
	return nil
}

func (js *streams) Conn() *nats.Conn { return nil }

// published is the answer to a message.
type published struct {
	jetstream.PubAckFuture
	ok  chan *jetstream.PubAck
	err chan error
}

func (p *published) Ok() <-chan *jetstream.PubAck { return p.ok }
func (p *published) Err() <-chan error            { return p.err }

func (js *streams) PublishMsgAsync(m *nats.Msg, _ ...jetstream.PublishOpt) (jetstream.PubAckFuture, error) {
	if err := js.reach(); err != nil {
		return nil, err
	}
	p := &published{ok: make(chan *jetstream.PubAck, 1), err: make(chan error, 1)}
	after := js.latency()
	js.p.wg.Go(func() {
		if js.p.sleep(js.p.ctx, after) != nil {
			return
		}
		if err := js.reach(); err != nil {
			p.err <- err
			return
		}
		js.s.publish(m.Header.Get(nats.MsgIdHdr), m.Data)
		if err := js.reach(); err != nil {
			p.err <- err
			return
		}
		p.ok <- &jetstream.PubAck{}
	})
	return p, nil
}

// latency is how long the next publish takes.
func (js *streams) latency() time.Duration {
	js.sent++
	d := 500 * time.Microsecond
	if rnd := js.p.w.draw(4, js.p.id, js.sent); !js.p.w.quiet() && rnd.IntN(5) == 0 {
		d = time.Duration(rnd.Int64N(int64(300 * time.Millisecond)))
	}
	now := time.Now()
	js.next = now.Add(max(d, js.next.Sub(now)) + 1)
	return js.next.Sub(now)
}

func (js *streams) UpdateStream(context.Context, jetstream.StreamConfig) (jetstream.Stream, error) {
	return &stream{js: js}, js.reach()
}

func (js *streams) Stream(_ context.Context, name string) (jetstream.Stream, error) {
	return &stream{js: js, isQueue: name == "READBACK_FEEDBACK"}, js.reach()
}

// stream is the queue of the feedback, or one that has no messages.
type stream struct {
	jetstream.Stream
	js      *streams
	isQueue bool
}

func (s *stream) CachedInfo() *jetstream.StreamInfo {
	info := &jetstream.StreamInfo{Created: time.Unix(1, 0)}
	if s.isQueue {
		info.State.LastSeq = s.js.s.end()
	}
	return info
}

func (*stream) Info(context.Context, ...jetstream.StreamInfoOpt) (*jetstream.StreamInfo, error) {
	return &jetstream.StreamInfo{}, nil
}

func (*stream) GetMsg(context.Context, uint64, ...jetstream.GetMsgOpt) (*jetstream.RawStreamMsg, error) {
	return nil, jetstream.ErrMsgNotFound
}

// consumer takes the feedback of the one account.
type consumer struct {
	jetstream.Consumer
	js   *streams
	wait time.Duration
	info *jetstream.ConsumerInfo
}

func (s *stream) CreateOrUpdateConsumer(_ context.Context, c jetstream.ConsumerConfig) (jetstream.Consumer, error) {
	js := s.js
	if err := js.reach(); err != nil {
		return nil, err
	}
	n, highest := js.s.pending()
	info := &jetstream.ConsumerInfo{Config: c, NumAckPending: n, Delivered: jetstream.SequenceInfo{Stream: highest, Consumer: highest}}
	return &consumer{js: js, wait: c.AckWait, info: info}, nil
}

func (s *stream) DeleteConsumer(context.Context, string) error {
	if err := s.js.reach(); err != nil {
		return err
	}
	s.js.s.forgetConsumer()
	return nil
}

func (c *consumer) CachedInfo() *jetstream.ConsumerInfo { return c.info }

func (c *consumer) Messages(...jetstream.PullMessagesOpt) (jetstream.MessagesContext, error) {
	return &iterator{c: c, drained: make(chan struct{})}, nil
}

// iterator gives the messages one after the other.
type iterator struct {
	c       *consumer
	drained chan struct{}
	closed  bool // guarded by mu of the process
}

func (i *iterator) Drain() {
	i.c.js.p.mu.Lock()
	defer i.c.js.p.mu.Unlock()
	if !i.closed {
		close(i.drained)
		i.closed = true
	}
}

func (i *iterator) Stop() { i.Drain() }

var errNoHeartbeat = errors.New("simulated: no heartbeat")

func (i *iterator) Next(opts ...jetstream.NextOpt) (jetstream.Msg, error) {
	ctx := contextOf(opts)
	for {
		select {
		case <-i.drained:
			return nil, jetstream.ErrMsgIteratorClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		default:
		}
		if i.c.js.reach() != nil {
			return nil, errNoHeartbeat
		}
		m, changed, again := i.c.js.s.take(i.c.wait)
		if m != nil {
			return &delivered{js: i.c.js, q: m, wait: i.c.wait}, nil
		}
		t := time.NewTimer(again)
		select {
		case <-changed:
		case <-t.C:
		case <-i.drained:
		case <-ctx.Done():
		case <-i.c.js.p.ctx.Done():
		}
		t.Stop()
	}
}
