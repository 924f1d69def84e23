package simulation

import (
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// delivered is a message that the consumer has taken.
type delivered struct {
	jetstream.Msg
	js   *streams
	q    *queued
	wait time.Duration
}

func (m *delivered) Data() []byte  { return m.q.data }
func (m *delivered) Reply() string { return "reply" }

func (m *delivered) Metadata() (*jetstream.MsgMetadata, error) {
	return &jetstream.MsgMetadata{Sequence: jetstream.SequencePair{Stream: m.q.seq}, Timestamp: m.q.at}, nil
}

// Ack settles the message. While the server cannot be reached, the client keeps what it is to send.
func (m *delivered) Ack() error {
	m.send(func() { m.js.s.settle(m.q.seq) })
	return nil
}

func (m *delivered) send(what func()) {
	if m.js.reach() == nil {
		what()
		return
	}
	m.js.p.wg.Go(func() {
		for m.js.reach() != nil {
			if m.js.p.sleep(m.js.p.ctx, time.Second) != nil {
				return
			}
		}
		what()
	})
}

func (m *delivered) Term() error                 { return m.Ack() }
func (m *delivered) TermWithReason(string) error { return m.Ack() }

func (m *delivered) Nak() error {
	m.send(func() { m.js.s.giveBack(m.q.seq) })
	return nil
}

func (m *delivered) InProgress() error {
	if err := m.js.reach(); err != nil {
		return err
	}
	m.js.s.extend(m.q.seq, m.wait)
	return nil
}
