package relay

import (
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
)

// streams takes what is published, and leaves it to the test to acknowledge it.
type streams struct {
	jetstream.JetStream
	refuse error // of PublishMsgAsync, once

	published []*nats.Msg
	acks      []*pending
}

// pending is a message that its stream has not acknowledged yet.
type pending struct {
	jetstream.PubAckFuture
	ok  chan *jetstream.PubAck
	err chan error
}

func (p *pending) Ok() <-chan *jetstream.PubAck { return p.ok }
func (p *pending) Err() <-chan error            { return p.err }

func (s *streams) PublishMsgAsync(m *nats.Msg, _ ...jetstream.PublishOpt) (jetstream.PubAckFuture, error) {
	if err := s.refuse; err != nil {
		s.refuse = nil
		return nil, err
	}
	p := &pending{ok: make(chan *jetstream.PubAck, 1), err: make(chan error, 1)}
	s.published, s.acks = append(s.published, m), append(s.acks, p)
	return p, nil
}

// ids are the ids of what was published.
func (s *streams) ids() (ids []string) {
	for _, m := range s.published {
		ids = append(ids, m.Header.Get(nats.MsgIdHdr))
	}
	return ids
}

// unconnected is a relay without NATS: its streams are those of the test, and what goes to the log
// stays in the queue.
func unconnected(t *testing.T, l *logbook) (*Relay, *streams) {
	t.Helper()
	opt := testOptions(t)
	opt.Logger = nil
	reg := prometheus.NewRegistry()
	opt.Registerer = reg
	r := &Relay{opt: opt, log: opt.logger(), metrics: newMetrics(reg), status: newStatus(), index: l.ix, erasures: newErasures()}
	r.settings.Store(&opt.Settings)
	r.ledger = newLedger(&r.opt, l.ix, r.status, r.metrics)
	r.status.set(nil)
	r.outbox, r.events = make(chan struct{}, 1), make(chan struct{}, 1)
	s := &streams{}
	r.js = s
	return r, s
}

// queued are the records of a kind that wait for the log, which they leave.
func (r *Relay) queued(t *testing.T, k kind) (all []record) {
	t.Helper()
	for b := r.ledger.queue.take(); b != nil; b = r.ledger.queue.take() {
		read, err := parseBatch(b.buf)
		if err != nil {
			t.Fatal(err)
		}
		for rec := (record{}); read.next(&rec); {
			if rec.kind == k {
				all = append(all, rec)
			}
		}
	}
	return all
}
