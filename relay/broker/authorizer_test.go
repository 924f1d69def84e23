package broker

import (
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"readback/relay/relaytest"
)

// No client may connect before what it sends is kept. That does not count as a wrong credential.
func TestClientsBeforeReady(t *testing.T) {
	ready := make(chan struct{})
	const burst = 2
	f := serve(t, func(o *Options) { o.Ready, o.Unknown = ready, Limits{Rate: 0.001, Burst: burst} })
	for range 2 * burst {
		if _, err := f.client(); err == nil {
			t.Error("before: let in")
		}
	}
	if got := testutil.ToFloat64(f.opt.Metrics.refused); got != 2*burst || f.log.Count("not ready") != 2*burst {
		t.Errorf("got %v refused, log %q, want each", got, f.log.All)
	}
	close(ready)
	nc, err := f.client()
	if err != nil {
		t.Fatal(err)
	}
	nc.Close()
}

// Clients can exhaust neither the connections of the server nor its memory for subscriptions.
func TestClientBounds(t *testing.T) {
	f := serve(t, func(o *Options) { o.MaxClients = 1 })
	f.own(t)
	gone := make(chan struct{})
	nc, err := f.client(nats.ClosedHandler(func(*nats.Conn) { close(gone) }))
	if err != nil {
		t.Fatal(err)
	}
	flush := func() {
		t.Helper()
		if err := nc.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	for i := range clientSubs + 1 {
		if _, err := nc.SubscribeSync(SubjectVerdictsOf + "447700900123"); err != nil {
			t.Fatal(err)
		}
		if i == clientSubs-1 {
			flush()
			f.authorizer.disconnectGreedy()
			flush() // it is still there
		}
	}
	flush()
	if _, err := f.client(); err == nil || f.log.Count("too many clients") != 1 {
		t.Errorf("one client too many: got %v, log %q", err, f.log.All)
	}
	f.authorizer.disconnectGreedy()
	relaytest.Receive(t, gone)
	if got := testutil.ToFloat64(f.opt.Metrics.denied.WithLabelValues("subscription")); got != 1 {
		t.Errorf("denied: got %v, want 1", got)
	}
}

// DisconnectClients leaves the connection of the process alone.
func TestDisconnectClients(t *testing.T) {
	f := serve(t, nil)
	own, _ := f.own(t)
	gone := make(chan struct{})
	if _, err := f.client(nats.ClosedHandler(func(*nats.Conn) { close(gone) })); err != nil {
		t.Fatal(err)
	}
	f.DisconnectClients()
	relaytest.Receive(t, gone)
	if err := own.Flush(); err != nil || len(f.connected) > 0 {
		t.Errorf("own connection: got %v, connected again %d times", err, len(f.connected))
	}
}

func TestDeadlineOf(t *testing.T) {
	now := time.Unix(1795000000, 0)
	token := func(exp time.Time) string {
		return "e30." + base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"exp":%d}`, exp.Unix())) + ".c2ln"
	}
	for name, tt := range map[string]struct {
		token string
		want  time.Time
	}{
		"key":           {"secret", now.Add(clientStay)},
		"key with dots": {"a.b.c", now.Add(clientStay)},
		"token":         {token(now.Add(time.Minute)), now.Add(time.Minute)},
		"long token":    {token(now.Add(1000 * time.Hour)), now.Add(clientStay)},
		"no expiry":     {"e30.e30.c2ln", now.Add(clientStay)},
	} {
		if got := deadlineOf(tt.token, now); !got.Equal(tt.want) {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
}

// After many wrong credentials of one address its connections are closed for a while. Right ones do not count.
func TestManyWrongCredentials(t *testing.T) {
	const burst = 3
	f := serve(t, func(o *Options) { o.Unknown = Limits{Rate: 0.001, Burst: burst} })
	connect := func(token string) error {
		_, port := f.Ports()
		nc, err := nats.Connect(fmt.Sprintf("ws://127.0.0.1:%d", port), nats.Token(token), nats.MaxReconnects(0))
		if err == nil {
			nc.Close()
		}
		return err
	}
	for range 2 * burst {
		if err := connect("secret"); err != nil {
			t.Fatal(err)
		}
	}
	for range burst + 1 {
		if connect("wrong") == nil {
			t.Error("a wrong credential was let in")
		}
	}
	if looked, closed := f.log.Count("client refused"), f.log.Count("reason=rate"); looked != burst || closed != 1 {
		t.Errorf("%d were looked at and %d closed, want %d and one: %q", looked, closed, burst, f.log.All)
	}
	if connect("secret") == nil {
		t.Error("want no other try for a while")
	}
}
