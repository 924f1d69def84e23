package relay

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"readback/relay/access"
	"readback/relay/broker"
	"readback/relay/relaytest"
)

// What a client may not do is refused, told in the log, and counted; an MQTT client is told that
// it worked.
func TestClientDenied(t *testing.T) {
	opt := clientOptions(t)
	lines := &relaytest.LogLines{}
	opt.Logger = lines.Logger()
	reg := prometheus.NewRegistry()
	opt.Registerer = reg
	r := startOpen(t, opt)
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
		if got := value(t, reg, "readback_clients_denied_total", what); got != want {
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

// A client that has connected with a key that is revoked has to present another one.
func TestClientsDismissed(t *testing.T) {
	opt := clientOptions(t)
	r := startOpen(t, opt)
	gone := make(chan struct{})
	nc := r.webSocketClient(t, nats.Token("secret"), nats.ClosedHandler(func(*nats.Conn) { close(gone) }))
	if err := r.SetCallers(opt.Rules); err != nil {
		t.Fatal(err)
	}
	flush(t, nc) // the same as before: it stays
	opt.APIKeys = []access.APIKey{{Name: "app", SHA256: strings.Repeat("00", 32)}}
	if err := r.SetCallers(opt.Rules); err != nil {
		t.Fatal(err)
	}
	relaytest.Receive(t, gone)
	if _, err := nats.Connect(r.webSocketURL(), nats.Token("secret")); err == nil {
		t.Error("let in with the key from before")
	}
	if !r.nc.IsConnected() {
		t.Error("the process's own connection is gone")
	}
}

// Nobody is let in without a credential where more than this machine can connect: neither at
// the start nor by other callers later.
func TestOpenToAllOnLoopbackOnly(t *testing.T) {
	for addr, local := range map[string]bool{
		"0.0.0.0:0": false, ":0": false, "192.0.2.1:1883": false, "host.example:1883": false,
		"[::1]:0": true, "localhost:0": true, "127.0.0.1:0": true,
	} {
		opt := clientOptions(t)
		opt.MQTT.Addr, opt.WebSocket = addr, nil
		if err := opt.Validate(); err != nil {
			t.Errorf("%s with a key: %v", addr, err)
		}
		opt.Auth = []string{access.AuthAPIKey, access.AuthNone}
		if err := opt.Validate(); (err == nil) != local {
			t.Errorf("%s without: got %v, want right: %v", addr, err, local)
		}
	}
	opt := clientOptions(t)
	r := startOpen(t, opt)
	r.opt.MQTT = &broker.Listener{Addr: "0.0.0.0:1883"} // as if it listened there
	if err := r.SetCallers(access.Rules{Auth: []string{access.AuthNone}}); err == nil {
		t.Error("everyone on the network may report a read")
	}
	if r.callers.IsOpenToAll() {
		t.Error("the refused callers are in force")
	}
}

// Clients of relay.listen go on as before, beside the others.
func TestListenBesideMQTT(t *testing.T) {
	opt := clientOptions(t)
	opt.Listen = "127.0.0.1:0"
	r := startOpen(t, opt)
	nc, err := nats.Connect(r.ClientURL())
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
