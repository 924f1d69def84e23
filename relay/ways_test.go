package relay

import (
	"testing"

	"readback/relay/access"
	"readback/relay/broker"
	"readback/relay/relaytest"
)

// A relay answers read responses over NATS, and takes those of MQTT clients from their stream.
func TestWaysOverNATS(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	opt.MQTT = &broker.Listener{Addr: "127.0.0.1:0"}
	opt.Auth, opt.APIKeys = []string{access.AuthAPIKey}, []access.APIKey{{Name: "app", SHA256: relaytest.SHA256("secret")}}
	r := start(t, opt)
	ctx := relaytest.Deadline(t)
	m, err := r.conn.Load().NC.RequestWithContext(ctx, broker.SubjectReadsNow, []byte(`{"receiver":"447700900123","number":1}`))
	if want := `{"code":401,"error":"no credential"}`; err != nil || string(m.Data) != want {
		t.Errorf("request: got %v, %v, want %s", m, err, want)
	}
	relaytest.Receive(t, r.taking)
	if _, err := r.conn.Load().JS.Consumer(ctx, broker.StreamMQTT, "readback_intake"); err != nil {
		t.Errorf("consumer of MQTT's stream: %v", err)
	}
}
