package intake

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang"
	"github.com/nats-io/nats.go"

	"readback/relay/broker"
	"readback/relay/relaytest"
)

func TestParseTopic(t *testing.T) {
	const number = "447700900123"
	for _, tt := range []struct {
		subject  string
		receiver string // empty: the topic is wrong
		verdicts string // whose; below readback.verdicts.
	}{
		{"readback.reads." + number, number, number},
		{"readback.reads.00" + number, number, "00" + number + " " + number},
		{"readback.reads.44-7700-900123", number, "44-7700-900123 " + number},
		{"readback.reads.44//7700//900123", number, "44//7700//900123 " + number}, // 44.7700.900123
		{"readback.reads.tel:44-7700-900123", number, "tel:44-7700-900123 " + number},
		{"readback.reads.alice", "", "alice"},
		{"readback.reads./", "", ""},
		{"readback.reads././", "", ""},
		{"readback.reads./." + number, "", number},
		{"readback.reads././." + number, "", number},
		{"readback.reads." + number + "./", "", number},
		{"readback.reads./." + number + "./", "", number},
		{"readback.reads." + number + ".17", "", ""},
		{"readback.reads." + number + ".read", "", number},
		{"readback.reads.v1x." + number, "", number},
		{"readback.reads.44.7700.900123", "", ""},
		{"readback.reads.447700900124." + number, "", ""},
		{"readback.reads.a.b", "", ""},
		{"/.readback.reads." + number, "", number},
		{"readback./.reads." + number, "", number},
		{"readback./.reads.44-7700-900123", "", number},
		{"/.readback.reads./", "", ""},
	} {
		got := parseTopic(tt.subject)
		var verdicts []string
		for _, v := range got.verdicts {
			verdicts = append(verdicts, strings.TrimPrefix(v, broker.SubjectVerdictsOf))
		}
		if got.receiver.String() != tt.receiver || (got.wrong == "") != (tt.receiver != "") || strings.Join(verdicts, " ") != tt.verdicts {
			t.Errorf("%s: got %q (%s), verdicts to %q, want %q and %q", tt.subject, got.receiver, got.wrong, verdicts, tt.receiver, tt.verdicts)
		}
	}
}

// slashTopics are topics with a slash too many, and levelTopics those with another level too many.
var (
	slashTopics = []string{
		"readback/reads//" + handsetNumber, "readback/reads/" + handsetNumber + "/", "/readback/reads/" + handsetNumber, "readback//reads/" + handsetNumber,
	}
	levelTopics = []string{"readback/reads/" + handsetNumber + "/read", "readback/reads/x/" + handsetNumber, "readback/reads///" + handsetNumber + "//"}
)

const wrongTopic = `{"id":"a1","number":1,"code":400,"error":"topic: is not readback/reads/ and the receiver","field":"receiver"}`

// A message on a topic with a slash too many gets a verdict, from a backend and from a handset. A backend
// gets one on other levels, too.
func TestTopicWithASlashTooMany(t *testing.T) {
	i := newIssuer(t)
	opt, _ := handsetOptions(t, i)
	r := serveClients(t, opt)
	sent := r.submit(relaytest.Conversation(t, "10690001", handsetNumber), "id1")
	for password, topics := range map[string][]string{
		"secret": slices.Concat(slashTopics, levelTopics), i.password(handsetNumber, "id.example", time.Minute): slashTopics,
	} {
		h := connected(t, r.mqttURL(), handsetNumber, password, nil)
		for _, topic := range topics {
			for _, qos := range []byte{0, 1, 2} {
				h.publish(qos, topic, `{"number":1,"id":"a1"}`)
				wantVerdict(t, h.verdicts, wrongTopic)
			}
		}
		h.publish(1, "readback/reads/00"+handsetNumber, `{"number":1,"id":"a1"}`)
		wantVerdict(t, h.verdicts, `{"id":"a1","number":1,"code":202}`)
		h.Disconnect(0)
	}
	r.awaitRead(sent)
	relaytest.WantMessages(t, r.js, broker.StreamMQTT, 0)
}

// A topic without a receiver is logged and counted. Nobody can be told.
func TestTopicWithoutAReceiver(t *testing.T) {
	opt := clientOptions(t)
	lines := auditLines(&opt)
	r := serveClients(t, opt)
	h := connected(t, r.mqttURL(), "app", "secret", nil)
	h.done(h.Subscribe("readback/verdicts/#", 1, func(_ mqtt.Client, m mqtt.Message) { t.Errorf("got %s on %s", m.Payload(), m.Topic()) }))
	topics := []string{"readback/reads/", "readback/reads//", "readback/reads/447700900124/" + handsetNumber}
	for _, topic := range topics {
		for _, qos := range []byte{0, 1} {
			h.publish(qos, topic, `{"number":1}`)
			if line := relaytest.Receive(t, lines); line["verdict"] != 400.0 || line["field"] != "receiver" {
				t.Errorf("%s: got line %v, want 400 for the receiver", topic, line)
			}
		}
	}
	if got := relaytest.Metric(t, r.registry, "readback_reads_total", "400mqtt"); got != float64(2*len(topics)) {
		t.Errorf("counted: got %v, want %d", got, 2*len(topics))
	}
}

// A handset may publish on no topic that could speak for another receiver, or tell another receiver anything.
func TestTopicsOfOthers(t *testing.T) {
	i := newIssuer(t)
	opt, _ := handsetOptions(t, i)
	r := serveClients(t, opt)
	r.submit(relaytest.Conversation(t, "10690001", "447700900124"), "id1")
	nc := r.webSocketClient(t, nats.Token(i.password(handsetNumber, "id.example", time.Minute)))
	told, err := r.nc.SubscribeSync(broker.SubjectVerdictsOf + "447700900124")
	if err != nil {
		t.Fatal(err)
	}
	for _, subject := range []string{
		"readback.reads.447700900124", "readback.reads.447700900124./", "readback.reads./.447700900124", "/.readback.reads.447700900124",
		"readback./.reads.447700900124", "readback.reads.447700900124." + handsetNumber, "readback.reads." + handsetNumber + ".447700900124",
		"readback.reads.00447700900124", "readback.reads.now",
	} {
		if err := nc.Publish(subject, []byte(`{"number":1}`)); err != nil {
			t.Fatal(err)
		}
	}
	flush(t, nc)
	m, err := nc.Request(broker.SubjectReadsOf+handsetNumber, []byte(`{"number":9}`), 10*time.Second)
	if err != nil || !strings.Contains(string(m.Data), "404") {
		t.Errorf("own topic: got %v, %v, want 404", m, err)
	}
	if n, _, err := told.Pending(); n != 0 || err != nil {
		t.Errorf("the other receiver was told %d verdicts, %v", n, err)
	}
}
