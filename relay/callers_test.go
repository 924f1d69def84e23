package relay

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"readback/relay/access"
	"readback/relay/broker"
	"readback/relay/relaytest"
)

func TestSetCallers(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	opt.Auth, opt.APIKeys = []string{access.AuthAPIKey}, []access.APIKey{{Name: "app", SHA256: relaytest.SHA256("old")}}
	r := start(t, opt)
	code := func(key string) int {
		got, _ := r.call("POST", "/v1/reads", `{"receiver":"1","number":1}`, "X-API-Key", key)
		return got
	}
	if err := r.SetCallers(access.Rules{Auth: []string{access.AuthJWT}}); err == nil || code("old") != 404 {
		t.Errorf("bad rules: got %v and %d with the old key, want an error and 404", err, code("old"))
	}
	opt.APIKeys = []access.APIKey{{Name: "app", SHA256: relaytest.SHA256("new")}}
	if err := r.SetCallers(opt.Rules); err != nil || code("old") != 401 || code("new") != 404 {
		t.Errorf("got %v, %d with the old key and %d with the new one", err, code("old"), code("new"))
	}
}

// A client that has connected with a key that is revoked has to present another one.
func TestClientsDismissed(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	opt.WebSocket = &broker.Listener{Addr: "127.0.0.1:0"}
	opt.Auth, opt.APIKeys = []string{access.AuthAPIKey}, []access.APIKey{{Name: "app", SHA256: relaytest.SHA256("secret")}}
	r := start(t, opt)
	relaytest.Receive(t, r.taking)
	_, port := r.broker.Ports()
	url := fmt.Sprintf("ws://127.0.0.1:%d", port)
	gone := make(chan struct{})
	nc, err := nats.Connect(url, nats.Token("secret"), nats.MaxReconnects(0), nats.ClosedHandler(func(*nats.Conn) { close(gone) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	if err := r.SetCallers(opt.Rules); err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil { // the same as before: it stays
		t.Fatal(err)
	}
	opt.APIKeys = []access.APIKey{{Name: "app", SHA256: strings.Repeat("00", 32)}}
	if err := r.SetCallers(opt.Rules); err != nil {
		t.Fatal(err)
	}
	relaytest.Receive(t, gone)
	if _, err := nats.Connect(url, nats.Token("secret")); err == nil {
		t.Error("let in with the key from before")
	}
	if !r.conn.Load().NC.IsConnected() {
		t.Error("the process's own connection is gone")
	}
}

// Nobody is let in without a credential where more than this machine can connect: neither at
// the start nor by other callers later.
func TestOpenToAllOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	for addr, local := range map[string]bool{
		"0.0.0.0:0": false, ":0": false, "192.0.2.1:1883": false, "host.example:1883": false,
		"[::1]:0": true, "localhost:0": true, "127.0.0.1:0": true,
	} {
		opt := testOptions(t)
		opt.MQTT = &broker.Listener{Addr: addr}
		opt.Auth, opt.APIKeys = []string{access.AuthAPIKey}, []access.APIKey{{Name: "app", SHA256: relaytest.SHA256("secret")}}
		if err := opt.Validate(); err != nil {
			t.Errorf("%s with a key: %v", addr, err)
		}
		opt.Auth = []string{access.AuthAPIKey, access.AuthNone}
		if err := opt.Validate(); (err == nil) != local {
			t.Errorf("%s without: got %v, want right: %v", addr, err, local)
		}
	}
	opt := testOptions(t)
	opt.MQTT = &broker.Listener{Addr: "127.0.0.1:0"}
	opt.Auth, opt.APIKeys = []string{access.AuthAPIKey}, []access.APIKey{{Name: "app", SHA256: relaytest.SHA256("secret")}}
	r := start(t, opt)
	r.opt.MQTT = &broker.Listener{Addr: "0.0.0.0:1883"} // as if it listened there
	if err := r.SetCallers(access.Rules{Auth: []string{access.AuthNone}}); err == nil {
		t.Error("everyone on the network may report a read")
	}
	if r.callers.IsOpenToAll() {
		t.Error("the refused callers are in force")
	}
}
