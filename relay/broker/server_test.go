package broker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/metric"
	"readback/relay/access"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// fixture is a server whose clients present the key "secret".
type fixture struct {
	*Server
	log       *relaytest.LogLines
	metrics   *prometheus.Registry
	connected chan struct{} // has a value each time the process's own connection is there
}

// serve starts a server, which runs until the test ends. change may be nil.
func serve(t *testing.T, change func(*Options)) *fixture {
	t.Helper()
	f := &fixture{log: &relaytest.LogLines{}, metrics: prometheus.NewRegistry(), connected: make(chan struct{}, 16)}
	ready := make(chan struct{})
	close(ready)
	sum := sha256.Sum256([]byte("secret"))
	opt := Options{
		Store: t.TempDir(), Sync: time.Second, MaxClients: 10, MaxPayload: 1 << 20, Ready: ready,
		MQTT: &Listener{Addr: "127.0.0.1:0"}, WebSocket: &Listener{Addr: "127.0.0.1:0"},
		Callers: access.NewCallers(access.Rules{Auth: []string{access.AuthAPIKey}, APIKeys: []access.APIKey{{Name: "app", SHA256: hex.EncodeToString(sum[:])}}}),
		Log:     f.log.Logger(), Mask: message.Mask, Metrics: NewMetrics(metric.With(f.metrics)),
	}
	if change != nil {
		change(&opt)
	}
	var err error
	if f.Server, err = New(opt); err != nil {
		t.Fatal(err)
	}
	if err := f.Open(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		f.Run(ctx)
		close(stopped)
	}()
	t.Cleanup(func() {
		cancel()
		<-stopped
		f.Shutdown()
	})
	return f
}

// own is the process's own connection.
func (f *fixture) own(t *testing.T) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	nc, err := f.Connect(ClientOptions{Log: f.log.Logger(), Mask: message.Mask, Connected: func() { f.connected <- struct{}{} }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	relaytest.Receive(t, f.connected)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return nc, js
}

// client connects with the key, by WebSocket.
func (f *fixture) client(options ...nats.Option) (*nats.Conn, error) {
	_, port := f.Ports()
	return nats.Connect(fmt.Sprintf("ws://127.0.0.1:%d", port), append(options, nats.Token("secret"), nats.MaxReconnects(0))...)
}

// A client of the process may do what the process may, also after the server was started again.
func TestClientIsTheProcess(t *testing.T) {
	f := serve(t, nil)
	c := f.NewClient("test", 10*time.Second)
	t.Cleanup(c.Close)
	for range 2 {
		if got, err := c.Ask(t.Context(), "$JS.API.INFO", nil, nil); err != nil || !strings.Contains(string(got), "account_info") {
			t.Errorf("got %.60q, %v, want what JetStream says of the account", got, err)
		}
		f.Shutdown()
		if err := f.Open(); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Ask(t.Context(), "$JS.API.INFO", nil, nil); err == nil {
			t.Error("over the connection to the server that was stopped: got an answer")
		}
	}
}

// A stream that could not be written is opened again with its messages.
func TestReopen(t *testing.T) {
	f := serve(t, nil)
	_, js := f.own(t)
	ctx := relaytest.Deadline(t)
	if _, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}}); err != nil {
		t.Fatal(err)
	}
	publish := func() {
		t.Helper()
		if _, err := js.Publish(ctx, "s", nil); err != nil {
			t.Fatal(err)
		}
	}
	publish()
	if err := f.running.Load().ShutdownJetStream(); err != nil {
		t.Fatal(err)
	}
	f.running.Load().log.Errorf("JetStream stream '%s' critical write error: %v", "$G > S", "no space left on device")
	relaytest.Receive(t, f.connected)
	publish()
	s, err := js.Stream(ctx, "S")
	if err != nil || s.CachedInfo().State.Msgs != 2 {
		t.Errorf("got %+v, %v, want both messages", s, err)
	}
	if f.log.Count("msg=\"store cannot be written\"") != 1 || f.Err() != nil {
		t.Errorf("log: got %q, want why; now %v", f.log.All, f.Err())
	}
}

func TestPortTaken(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	opt := Options{Store: t.TempDir(), Listen: ln.Addr().String(), Log: (&relaytest.LogLines{}).Logger()}
	if _, err := New(opt); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("got %v, want that the port is in use", err)
	}
}

func TestStoreOptions(t *testing.T) {
	for name, tt := range map[string]struct {
		sync   time.Duration
		always bool
	}{"always": {0, true}, "now and then": {time.Second, false}} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, func(o *Options) { o.Sync = tt.sync }).running.Load().JetStreamConfig()
			if c.SyncAlways != tt.always || !tt.always && c.SyncInterval < tt.sync {
				t.Errorf("got always %v, else each %s, want %v, no more often than the syncer, each %s", c.SyncAlways, c.SyncInterval, tt.always, tt.sync)
			}
			// The free disk space at the start is not a bound of the streams.
			if c.MaxStore < 1<<60 {
				t.Errorf("got %d octets at most, want no bound", c.MaxStore)
			}
		})
	}
}

// What a cluster does not allow names a subscriber.
func TestErrorMasked(t *testing.T) {
	lines := &relaytest.LogLines{}
	opt := ClientOptions{Log: lines.Logger(), Mask: message.Mask}
	for _, text := range []string{
		`nats: permissions violation: Permissions Violation for Publish to "readback.verdicts.447700900123"`,
		`nats: permissions violation: Permissions Violation for Subscription to "readback.reads.*" using queue "readback_topics"`,
	} {
		opt.logError(errors.New(text))
	}
	if lines.Count("447700900123") > 0 || lines.Count("readback.verdicts.447********3") != 1 || lines.Count("readback.reads.*") != 1 {
		t.Errorf("got %q", lines.All)
	}
}
