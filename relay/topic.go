package relay

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
)

// What comes by MQTT with QoS 1 or 2 is stored in the server's own stream before it is
// acknowledged, and taken from there. What comes with QoS 0, or from NATS clients, is not
// stored: a NATS client may ask for the verdict as the reply instead.

// headerMQTT is in the headers of what comes by MQTT: its QoS, one digit.
const headerMQTT = "Nmqtt-Pub"

// maxTopicPending is how many messages wait to be looked at; what comes beyond that is lost, as
// with QoS 0 it may be.
const maxTopicPending = 4096

// topicQueue shares the topics among gateways. It is not the queue of subjectReadsNow, or the one
// would get what is for the other. topicDurable takes them from the stream.
const (
	topicQueue   = "readback_topics"
	topicDurable = "readback_intake"
)

// topicIntake takes read responses from the topics of MQTT.
type topicIntake struct {
	*streamIntake
	mqtt   bool   // somebody may come by MQTT
	taking func() // is called once what MQTT clients send is taken from its stream
}

// answer answers what is not stored. What it returns ends that, once those that have
// come are answered.
func (n *topicIntake) answer(ctx context.Context) (end func(), err error) {
	var work errgroup.Group
	work.SetLimit(maxIntake)
	sub, err := n.nc.QueueSubscribe(broker.SubjectReadsOf+"*", topicQueue, func(m *nats.Msg) {
		if m.Subject == broker.SubjectReadsNow || qos(m.Header) > 0 {
			return // taken elsewhere
		}
		work.Go(func() error { // waits when too many are at work
			n.answerTopic(ctx, m)
			return nil
		})
	})
	if err == nil {
		err = sub.SetPendingLimits(maxTopicPending, -1)
	}
	if err != nil {
		return nil, fmt.Errorf("answer on %s: %w", broker.SubjectReadsOf, err)
	}
	return func() {
		drain(sub)
		_ = work.Wait() // they return nothing
	}, nil
}

func (n *topicIntake) answerTopic(ctx context.Context, m *nats.Msg) {
	way := "nats"
	if m.Header.Get(headerMQTT) != "" {
		way = "mqtt"
	}
	topic := strings.TrimPrefix(m.Subject, broker.SubjectReadsOf)
	a := n.submitTopic(ctx, topic, m.Data, way)
	to := broker.SubjectVerdictsOf + topic
	// A reply elsewhere would be the process's word at any subject that the client names.
	if strings.HasPrefix(m.Reply, to+".") {
		to = m.Reply
	}
	n.publishVerdict(to, m.Data, a)
}

// qos of what comes by MQTT; 0 for everything else.
func qos(h nats.Header) byte {
	if q := h.Get(headerMQTT); q != "" {
		return q[0] - '0'
	}
	return 0
}

// submitTopic takes a body that came on the topic of a receiver.
func (n *topicIntake) submitTopic(ctx context.Context, topic string, body []byte, way string) answer {
	receiver, err := message.NormalAddr(topic)
	if err != nil {
		v := message.Malformed("receiver", "topic: "+err.Error())
		n.reads.tell(&Read{Way: way}, v, "")
		return answer{Verdict: v}
	}
	by := access.Caller{Name: way, Receiver: receiver}
	if anybody, err := n.callers.Identify(access.Credential{}, time.Now()); err == nil && n.callers.IsOpenToAll() {
		by.NeedsProof = anybody.NeedsProof
	}
	return n.submit(ctx, body, way, by)
}

// topicVerdict names the read response that a verdict is on.
type topicVerdict struct {
	ID     string  `json:"id,omitempty"`
	Number *uint16 `json:"number,omitempty"`
	verdictJSON
}

// on is the answer to a body, ready for its JSON.
func (a answer) on(body []byte) any {
	items, _, v := ParseReads(body)
	if v.IsDecided() {
		return topicVerdict{verdictJSON: wireVerdict(a.Verdict)}
	}
	all := make([]topicVerdict, len(items))
	for i, item := range items {
		_ = json.Unmarshal(item, &all[i]) // a field that cannot be read stays out
		if len(all[i].ID) > maxReadID {
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

// maxVerdictSubject bounds where a verdict goes. A subject that is longer than a line of NATS's may
// be would end the connection of the process.
const maxVerdictSubject = 1024

// publishVerdict tells whoever listens now.
func (n *topicIntake) publishVerdict(subject string, body []byte, a answer) {
	if len(subject) > maxVerdictSubject {
		return // no receiver has such a number
	}
	if err := n.publishSmall(subject, a.on(body)); err != nil {
		n.log.Debug("verdict cannot be told", "error", err)
	}
}

// publishSmall publishes JSON, and an array that is too long for a message in halves.
func (n *topicIntake) publishSmall(subject string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if all, ok := v.([]topicVerdict); ok && len(text) > maxReadOctets && len(all) > 1 {
		return errors.Join(n.publishSmall(subject, all[:len(all)/2]), n.publishSmall(subject, all[len(all)/2:]))
	}
	return n.nc.Publish(subject, text)
}

// take takes read responses from the stream of MQTT, if there is one. Until somebody has
// come by MQTT to an operator's cluster there is none.
func (n *topicIntake) take(ctx context.Context) {
	if !n.mqtt {
		n.taking()
		return
	}
	n.keepTaking(ctx, "MQTT", func(ctx context.Context) error {
		return n.consume(ctx, intake{
			stream: broker.StreamMQTT, durable: topicDurable, filter: broker.SubjectMQTT + broker.SubjectReadsOf + ">",
			ready: n.taking, take: n.takeTopic,
		})
	})
}

// takeTopic settles one message of the stream of MQTT. Whoever sent it hears the verdict when
// it is the last word.
func (n *topicIntake) takeTopic(ctx context.Context, m jetstream.Msg) {
	meta, err := m.Metadata()
	if err != nil {
		n.log.Error("message in the stream of MQTT cannot be read", "error", err)
		return
	}
	topic := strings.TrimPrefix(m.Subject(), broker.SubjectMQTT+broker.SubjectReadsOf)
	a := n.submitTopic(ctx, topic, m.Data(), "mqtt")
	if n.settle(m, meta.NumDelivered, a) {
		n.publishVerdict(broker.SubjectVerdictsOf+topic, m.Data(), a)
	}
}
