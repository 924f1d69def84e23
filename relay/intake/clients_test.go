package intake

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"readback/relay/broker"
	"readback/relay/relaytest"
)

// What a client may not do is refused, told in the log, and counted; an MQTT client is told that
// it worked.
func TestClientDenied(t *testing.T) {
	opt := clientOptions(t)
	lines := &relaytest.LogLines{}
	opt.Logger = lines.Logger()
	r := serveClients(t, opt)
	h := connected(t, r.mqttURL(), "app", "secret", nil)
	h.publish(1, "$JS/API/STREAM/DELETE/"+streamReads, "")
	h.publish(1, "readback/reads", `{"receiver":"447700900123","number":1}`)
	nc := r.webSocketClient(t, nats.Token("secret"))
	for _, subject := range []string{broker.SubjectReadsNow, subjectReads, "$MQTT.msgs.readback.reads." + handsetNumber, "readback.ledger.0"} {
		if err := nc.Publish(subject, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, subject := range []string{">", "_INBOX.>", "$MQTT.sub.>", "readback.feedback.>"} {
		if _, err := nc.SubscribeSync(subject); err != nil {
			t.Fatal(err)
		}
	}
	flush(t, nc)
	for what, want := range map[string]float64{"publish": 6, "subscription": 4} {
		if got := relaytest.Metric(t, r.registry, "readback_clients_denied_total", what); got != want {
			t.Errorf("denied %s: got %v, want %v", what, got, want)
		}
	}
	if got := lines.Count("client may not do this"); got != 10 {
		t.Errorf("log: got %d lines, want 10", got)
	}
	if _, err := r.js.Stream(relaytest.Deadline(t), streamReads); err != nil {
		t.Errorf("stream: %v", err)
	}
	for _, tt := range []struct{ name, user, password string }{
		{"wrong key", "app", "wrong"}, {"no key", "app", ""}, {"the process's name", "readback", "secret2"},
	} {
		if token := dial(t, r.mqttURL(), tt.user, tt.password, nil).Connect(); token.Wait() && token.Error() == nil {
			t.Errorf("%s: let in", tt.name)
		}
		if _, err := nats.Connect(r.webSocketURL(), nats.UserInfo(tt.user, tt.password)); err == nil {
			t.Errorf("%s: let in by WebSocket", tt.name)
		}
	}
	if got := lines.Count("client refused"); got != 6 {
		t.Errorf("log: got %d refusals, want 6", got)
	}
}

// Clients of relay.listen go on as before, beside the others.
func TestListenBesideMQTT(t *testing.T) {
	opt := clientOptions(t)
	opt.Listen = "127.0.0.1:0"
	r := serveClients(t, opt)
	nc, err := nats.Connect(r.broker.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	m := nats.NewMsg(broker.SubjectReadsNow)
	m.Header.Set("X-API-Key", "secret")
	m.Data = []byte(`{"receiver":"447700900123","number":1}`)
	reply, err := nc.RequestMsg(m, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	var v verdictJSON
	if err := json.Unmarshal(reply.Data, &v); err != nil || v.Code != http.StatusNotFound {
		t.Errorf("got %s, want 404", reply.Data)
	}
}
