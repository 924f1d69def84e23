package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"readback/relay/access"
	"readback/relay/broker"
	"readback/relay/message"
	"readback/relay/reads"
)

// The NATS server stores messages of MQTT clients with QoS 1 or 2 in its own stream before it
// acknowledges them, and this package takes them from there. Messages with QoS 0, and those of NATS
// clients, are not stored: a NATS client may ask for the verdict as the reply instead.

// headerMQTT is the header that the server adds to messages of MQTT clients: their QoS, one digit.
const headerMQTT = "Nmqtt-Pub"

// maxTopicPending is how many messages may wait. Further ones are lost, as QoS 0 permits.
const maxTopicPending = 4096

// topicQueue is the queue group that shares read responses among gateways. It must differ from the
// group of the broker.SubjectReadsNow subscription. In a common group, NATS could deliver a request
// on SubjectReadsNow to this subscription, which ignores it. topicDurable is the durable consumer
// that takes read responses from broker.StreamMQTT.
const (
	topicQueue   = "readback_topics"
	topicDurable = "readback_intake"
)

// topics is the way in by the topic of a receiver, for MQTT and NATS clients.
type topics struct {
	*streamReader
	mqtt   bool   // MQTT clients may connect
	taking func() // called when read responses of MQTT clients are taken from their stream
}

// answer answers read responses that are not stored.
func (n *topics) answer(ctx context.Context) (end func(), err error) {
	var work errgroup.Group
	work.SetLimit(maxSubmitting)
	var subs []*nats.Subscription
	end = func() {
		for _, sub := range subs {
			drain(sub)
		}
		_ = work.Wait() // they return nothing
	}
	for _, reads := range broker.SubjectsReads {
		sub, err := n.nc.QueueSubscribe(reads+">", topicQueue, func(m *nats.Msg) {
			if m.Subject == broker.SubjectReadsNow || qos(m.Header) > 0 {
				return // taken elsewhere
			}
			work.Go(func() error { // waits when too many are at work
				n.answerTopic(ctx, m)
				return nil
			})
		})
		if err == nil {
			subs = append(subs, sub)
			err = sub.SetPendingLimits(maxTopicPending, -1)
		}
		if err != nil {
			end()
			return nil, fmt.Errorf("answer on %s: %w", reads, err)
		}
	}
	return end, nil
}

func (n *topics) answerTopic(ctx context.Context, m *nats.Msg) {
	way := "nats"
	if m.Header.Get(headerMQTT) != "" {
		way = "mqtt"
	}
	t := parseTopic(m.Subject)
	a := n.submitTopic(ctx, &t, m.Data, via{way, true})
	for _, to := range t.verdicts {
		// A reply to another subject would let the client publish there with the process's rights.
		if strings.HasPrefix(m.Reply, to+".") {
			t.verdicts = []string{m.Reply}
			break
		}
	}
	n.publishVerdict(t.verdicts, m.Data, a)
}

// qos returns the QoS of a message of an MQTT client, and 0 for other messages.
func qos(h nats.Header) byte {
	if q := h.Get(headerMQTT); q != "" {
		return q[0] - '0'
	}
	return 0
}

// submitTopic submits a body that came on a topic.
func (n *topics) submitTopic(ctx context.Context, t *topic, body []byte, way via) answer {
	if t.wrong != "" {
		v := message.Malformed("receiver", "topic: "+t.wrong)
		n.reads.Report(way.name, access.Caller{}, v)
		return answer{Verdict: v}
	}
	by := access.Caller{Name: way.name, Receiver: t.receiver}
	if anybody, err := n.callers.Identify(access.Credential{}, time.Now()); err == nil && n.callers.IsOpenToAll() {
		by.NeedsProof = anybody.NeedsProof
	}
	return n.submit(ctx, body, way, by)
}

// topicVerdict is a verdict with the read response that it is on.
type topicVerdict struct {
	ID     string  `json:"id,omitempty"`
	Number *uint16 `json:"number,omitempty"`
	verdictJSON
}

// on returns the answer to a body as a value for its JSON.
func (a answer) on(body []byte) any {
	items, _, v := reads.ParseBody(body)
	if v.IsDecided() {
		return topicVerdict{verdictJSON: wireVerdict(a.Verdict)}
	}
	all := make([]topicVerdict, len(items))
	for i, item := range items {
		_ = json.Unmarshal(item, &all[i]) // a field that cannot be parsed is left out
		if len(all[i].ID) > reads.MaxID {
			all[i].ID = ""
		}
		v := a.Verdict
		if a.items != nil {
			v = a.items[i]
		}
		all[i].verdictJSON = wireVerdict(v)
	}
	if a.items != nil {
		return all
	}
	return all[0]
}

// maxVerdictSubject is the longest subject that verdicts are published on. A subject that is longer
// than a protocol line of NATS would end the connection of the process.
const maxVerdictSubject = 1024

// publishVerdict publishes an answer to those that are subscribed now.
func (n *topics) publishVerdict(subjects []string, body []byte, a answer) {
	var verdicts any
	n.budget.Work(func() { verdicts = a.on(body) })
	for _, subject := range subjects {
		if len(subject) > maxVerdictSubject {
			continue // no receiver has such a number
		}
		if err := n.publishSmall(subject, verdicts); err != nil {
			n.log.Debug("verdict cannot be told", "error", err)
		}
	}
}

// publishSmall publishes JSON. It publishes an array that is too long for one message in halves.
func (n *topics) publishSmall(subject string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if all, ok := v.([]topicVerdict); ok && len(text) > reads.MaxBody && len(all) > 1 {
		return errors.Join(n.publishSmall(subject, all[:len(all)/2]), n.publishSmall(subject, all[len(all)/2:]))
	}
	return n.nc.Publish(subject, text)
}

// take takes read responses from the stream of MQTT. In an operator's cluster, the stream does not
// exist before the first MQTT client has connected.
func (n *topics) take(ctx context.Context) {
	if !n.mqtt {
		n.taking()
		return
	}
	filters := make([]string, len(broker.SubjectsReads))
	for i, reads := range broker.SubjectsReads {
		filters[i] = broker.SubjectMQTT + reads + ">"
	}
	n.keepTaking(ctx, "MQTT", func(ctx context.Context) error {
		return n.consume(ctx, consumer{
			stream: broker.StreamMQTT, durable: topicDurable, filters: filters,
			ready: n.taking, take: n.takeTopic,
		})
	})
}

// takeTopic submits and settles one message of the stream of MQTT, and publishes the verdict if it
// is final.
func (n *topics) takeTopic(ctx context.Context, m jetstream.Msg) {
	meta, err := m.Metadata()
	if err != nil {
		n.log.Error("message in the stream of MQTT cannot be read", "error", err)
		return
	}
	t := parseTopic(strings.TrimPrefix(m.Subject(), broker.SubjectMQTT))
	a := n.submitTopic(ctx, &t, m.Data(), via{"mqtt", true})
	if n.settle(m, meta.NumDelivered, a) {
		n.publishVerdict(t.verdicts, m.Data(), a)
	}
}
