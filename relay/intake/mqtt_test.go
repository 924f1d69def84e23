package intake

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang"
	"github.com/nats-io/nats-server/v2/server"

	"readback/relay/broker"
	"readback/relay/message"
	"readback/relay/reads"
	"readback/relay/relaytest"
)

// A handset sends a read response by each way in, and hears the verdict.
func TestMQTT(t *testing.T) {
	of, trusting := selfSigned(t)
	for _, tt := range []struct {
		name, scheme, path string
		secure             bool
		qos                byte
	}{
		{name: "TCP, QoS 1", scheme: "tcp", qos: 1},
		{name: "TCP, QoS 0", scheme: "tcp", qos: 0},
		{name: "TCP, QoS 2", scheme: "tcp", qos: 2},
		{name: "TLS", scheme: "ssl", secure: true, qos: 1},
		{name: "WebSocket", scheme: "ws", path: "/mqtt", qos: 1},
		{name: "WebSocket, TLS", scheme: "wss", path: "/mqtt", secure: true, qos: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			opt := clientOptions(t)
			if tt.secure {
				opt.MQTT.TLS, opt.WebSocket.TLS = of, of
			}
			r := serveClients(t, opt)
			port, webSocket := r.broker.Ports()
			if tt.path != "" {
				port = webSocket
			}
			url := fmt.Sprintf("%s://127.0.0.1:%d%s", tt.scheme, port, tt.path)
			c := relaytest.Conversation(t, "10690001", handsetNumber)
			s := r.submit(c, "id1")
			h := connected(t, url, "app", "secret", trusting)
			h.publish(tt.qos, "readback/reads/"+handsetNumber, fmt.Sprintf(`{"number":%d,"id":"a1"}`, s.Number))
			wantVerdict(t, h.verdicts, `{"id":"a1","number":1,"code":202}`)
			if got := r.state(s); got != message.StateRead {
				t.Errorf("state: got %v, want read", got)
			}
		})
	}
}

// A backend gets the verdicts on all receivers, with either wildcard.
func TestMQTTVerdictsOfAll(t *testing.T) {
	r := serveClients(t, clientOptions(t))
	for _, topic := range []string{"readback/verdicts/+", "readback/verdicts/#"} {
		t.Run(topic, func(t *testing.T) {
			h := dial(t, r.mqttURL(), "app", "secret", nil)
			h.done(h.Connect())
			h.done(h.Subscribe(topic, 1, func(_ mqtt.Client, m mqtt.Message) { h.verdicts <- string(m.Payload()) }))
			h.publish(1, "readback/reads/"+handsetNumber, `{"number":9}`)
			wantVerdict(t, h.verdicts, `{"number":9,"code":404,"error":"no such message"}`)
		})
	}
}

func TestMQTTVerdicts(t *testing.T) {
	r := serveClients(t, clientOptions(t))
	r.submit(relaytest.Conversation(t, "10690001", handsetNumber), "id1")
	h := connected(t, r.mqttURL(), "app", "secret", nil)
	for _, tt := range []struct{ name, body, want string }{
		{"another's receiver", `{"receiver":"447700900999","number":1}`, `{"number":1,"code":403,"error":"is not the caller's","field":"receiver"}`},
		{"own receiver", `{"receiver":"+447700900123","number":1}`, `{"number":1,"code":202}`},
		{"no such message", `{"number":9,"id":"b"}`, `{"id":"b","number":9,"code":404,"error":"no such message"}`},
		{"an array", `[{"number":1},{"number":8}]`, `[{"number":1,"code":202},{"number":8,"code":404,"error":"no such message"}]`},
		{"no number", `{}`, `{"code":400,"error":"is missing","field":"number"}`},
		{"too large", strings.Repeat(" ", 1) + `{"number":1,"id":"` + strings.Repeat("x", reads.MaxBody) + `"}`, `{"code":413,"error":"is over 64 KiB"}`},
	} {
		for _, qos := range []byte{0, 1} {
			h.publish(qos, "readback/reads/"+handsetNumber, tt.body)
			wantVerdict(t, h.verdicts, tt.want)
		}
	}
	relaytest.WantMessages(t, r.js, broker.StreamMQTT, 0)
}

// A read response that is acknowledged to a handset is kept until there is a verdict, also when the
// process restarts.
func TestMQTTOutlivesRestart(t *testing.T) {
	opt := clientOptions(t)
	r := serveClients(t, opt)
	s := r.submit(relaytest.Conversation(t, "10690001", handsetNumber), "id1")
	if _, err := r.js.PauseConsumer(relaytest.Deadline(t), broker.StreamMQTT, topicDurable, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	h := connected(t, r.mqttURL(), "app", "secret", nil)
	h.publish(1, "readback/reads/"+handsetNumber, fmt.Sprintf(`{"number":%d}`, s.Number))
	r.stop()
	r = serveOn(t, r.ledger, opt)
	// The gateway updates the consumer when it starts. If that overlaps with the resume, the server may
	// restore the pause that the update has read.
	r.awaitTaking()
	if _, err := r.js.ResumeConsumer(relaytest.Deadline(t), broker.StreamMQTT, topicDurable); err != nil {
		t.Fatal(err)
	}
	r.awaitRead(s)
	relaytest.WantMessages(t, r.js, broker.StreamMQTT, 0)
}

// On a cluster of the operator's the handsets come to its MQTT, and Readback takes from there.
func TestMQTTOfCluster(t *testing.T) {
	so := &server.Options{Port: server.RANDOM_PORT, StoreDir: t.TempDir(), MQTT: server.MQTTOpts{Host: "127.0.0.1", Port: server.RANDOM_PORT}}
	s := relaytest.Serve(t, so)
	opt := testOptions(t)
	opt.NATS = s.ClientURL()
	r := serve(t, opt)
	sent := r.submit(relaytest.Conversation(t, "10690001", handsetNumber), "id1")
	h := connected(t, fmt.Sprintf("tcp://127.0.0.1:%d", so.MQTT.Port), "", "", nil) // its stream is there now
	ctx := relaytest.Deadline(t)
	for _, err := r.js.Consumer(ctx, broker.StreamMQTT, topicDurable); err != nil; _, err = r.js.Consumer(ctx, broker.StreamMQTT, topicDurable) {
		if ctx.Err() != nil {
			t.Fatal(err)
		}
	}
	h.publish(1, "readback/reads/"+handsetNumber, fmt.Sprintf(`{"number":%d}`, sent.Number))
	wantVerdict(t, h.verdicts, `{"number":1,"code":202}`)
}

// What the server keeps for its clients is bounded, and stays as this package has made it.
func TestMQTTBounded(t *testing.T) {
	opt := clientOptions(t)
	for range 2 { // the second time the streams are there
		r := serveClients(t, opt)
		h := connected(t, r.mqttURL(), "app", "secret", nil)
		h.publish(2, "readback/reads/"+handsetNumber, `{}`)
		relaytest.Receive(t, h.verdicts)
		for _, want := range broker.MQTTStreams(readsAge, readsOctets) {
			s, err := r.js.Stream(relaytest.Deadline(t), want.Name)
			if err != nil || s.CachedInfo().Config.MaxBytes != want.MaxBytes {
				t.Errorf("%s: got %+v, %v, want %d octets at most", want.Name, s.CachedInfo().Config, err, want.MaxBytes)
			}
		}
		r.stop()
	}
}
