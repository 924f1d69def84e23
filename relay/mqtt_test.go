package relay

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

const handsetNumber = "447700900123"

// clientOptions open both listeners, to whoever has the key "secret".
func clientOptions(t *testing.T) Options {
	opt := testOptions(t)
	opt.MQTT, opt.WebSocket = &Listener{Addr: "127.0.0.1:0"}, &Listener{Addr: "127.0.0.1:0"}
	sum := sha256.Sum256([]byte("secret"))
	opt.Auth, opt.APIKeys = []string{AuthAPIKey}, []APIKey{{Name: "app", SHA256: hex.EncodeToString(sum[:])}}
	return opt
}

// selfSigned is a certificate for 127.0.0.1, and who trusts it.
func selfSigned(t *testing.T) (of, trusting *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, &tls.Config{RootCAs: pool}
}

// handset is somebody else's MQTT client.
type handset struct {
	mqtt.Client
	t        *testing.T
	verdicts chan string
}

// dial returns a client that is not connected yet.
func dial(t *testing.T, url, user, password string, trust *tls.Config) *handset {
	o := mqtt.NewClientOptions().AddBroker(url).SetClientID(t.Name()).SetUsername(user).SetPassword(password)
	o.SetTLSConfig(trust).SetAutoReconnect(false).SetConnectTimeout(10 * time.Second).SetOrderMatters(false)
	h := &handset{mqtt.NewClient(o), t, make(chan string, 16)}
	t.Cleanup(func() { h.Disconnect(0) })
	return h
}

// connected returns a client that hears the verdicts on a number.
func connected(t *testing.T, url, user, password string, trust *tls.Config) *handset {
	t.Helper()
	h := dial(t, url, user, password, trust)
	h.done(h.Connect())
	h.done(h.Subscribe("readback/verdicts/"+handsetNumber, 1, func(_ mqtt.Client, m mqtt.Message) { h.verdicts <- string(m.Payload()) }))
	return h
}

func (h *handset) done(token mqtt.Token) {
	h.t.Helper()
	if !token.WaitTimeout(20*time.Second) || token.Error() != nil {
		h.t.Fatalf("MQTT: got %v, want it done", token.Error())
	}
}

func (h *handset) publish(qos byte, topic, body string) {
	h.t.Helper()
	h.done(h.Publish(topic, qos, false, body))
}

func (r *running) mqttURL() string { return fmt.Sprintf("tcp://127.0.0.1:%d", r.mqtt) }

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
			r := startOpen(t, opt)
			port := r.mqtt
			if tt.path != "" {
				port = r.webSocket
			}
			url := fmt.Sprintf("%s://127.0.0.1:%d%s", tt.scheme, port, tt.path)
			c := conversation(t, "10690001", handsetNumber)
			s := r.submit(c, "id1")
			h := connected(t, url, "app", "secret", trusting)
			h.publish(tt.qos, "readback/reads/"+handsetNumber, fmt.Sprintf(`{"number":%d,"id":"a1"}`, s.Number))
			wantVerdict(t, h.verdicts, `{"id":"a1","number":1,"code":202}`)
			if fb := receive(t, r.tellings("bank")); fb.Number != s.Number || fb.Receiver != handsetNumber {
				t.Errorf("feedback: got %+v", fb)
			}
		})
	}
}

// startOpen starts a relay, and returns when it lets clients in.
func startOpen(t *testing.T, opt Options) *running {
	t.Helper()
	r := start(t, opt)
	select {
	case <-r.gatekeeper.opened:
	case <-deadline(t).Done():
		t.Fatal("no client is let in")
	}
	return r
}

func wantVerdict(t *testing.T, verdicts <-chan string, want string) {
	t.Helper()
	if got := receive(t, verdicts); got != want {
		t.Errorf("verdict: got %s, want %s", got, want)
	}
}

func TestMQTTVerdicts(t *testing.T) {
	r := startOpen(t, clientOptions(t))
	r.submit(conversation(t, "10690001", handsetNumber), "id1")
	h := connected(t, r.mqttURL(), "app", "secret", nil)
	for _, tt := range []struct{ name, body, want string }{
		{"another's receiver", `{"receiver":"447700900999","number":1}`, `{"number":1,"code":403,"error":"is not the caller's","field":"receiver"}`},
		{"own receiver", `{"receiver":"+447700900123","number":1}`, `{"number":1,"code":202}`},
		{"no such message", `{"number":9,"id":"b"}`, `{"id":"b","number":9,"code":404,"error":"no such message"}`},
		{"an array", `[{"number":1},{"number":8}]`, `[{"number":1,"code":202},{"number":8,"code":404,"error":"no such message"}]`},
		{"no number", `{}`, `{"code":400,"error":"is missing","field":"number"}`},
		{"too large", strings.Repeat(" ", 1) + `{"number":1,"id":"` + strings.Repeat("x", maxReadOctets) + `"}`, `{"code":413,"error":"is over 64 KiB"}`},
	} {
		for _, qos := range []byte{0, 1} {
			h.publish(qos, "readback/reads/"+handsetNumber, tt.body)
			wantVerdict(t, h.verdicts, tt.want)
		}
	}
	r.wantEmpty(streamMQTT)
}

// What is acknowledged to a handset is kept until there is a verdict, whatever dies.
func TestMQTTOutlivesCrash(t *testing.T) {
	opt := clientOptions(t)
	r := startOpen(t, opt)
	s := r.submit(conversation(t, "10690001", handsetNumber), "id1")
	if _, err := r.js.PauseConsumer(deadline(t), streamMQTT, topicIntake, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	h := connected(t, r.mqttURL(), "app", "secret", nil)
	h.publish(1, "readback/reads/"+handsetNumber, fmt.Sprintf(`{"number":%d}`, s.Number))
	r.crash()
	r = startOpen(t, opt)
	if _, err := r.js.ResumeConsumer(deadline(t), streamMQTT, topicIntake); err != nil {
		t.Fatal(err)
	}
	if fb := receive(t, r.tellings("bank")); fb.Number != s.Number {
		t.Errorf("feedback: got %+v", fb)
	}
	r.wantEmpty(streamMQTT)
}

// A client that speaks NATS over WebSocket may ask for the verdict as the reply.
func TestWebSocketNATS(t *testing.T) {
	r := startOpen(t, clientOptions(t))
	c := conversation(t, "10690001", handsetNumber)
	s := r.submit(c, "id1")
	nc := r.webSocketClient(t, nats.Token("secret"))
	body := fmt.Appendf(nil, `{"number":%d}`, s.Number)
	m, err := nc.Request(subjectReadsOf+handsetNumber, body, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"number":1,"code":202}`; string(m.Data) != want {
		t.Errorf("reply: got %s, want %s", m.Data, want)
	}
	// A reply subject of the process's own is not answered: the verdict goes where verdicts go.
	verdicts := make(chan *nats.Msg, 4)
	if _, err := nc.ChanSubscribe(subjectVerdictsOf+handsetNumber, verdicts); err != nil {
		t.Fatal(err)
	}
	if err := nc.PublishRequest(subjectReadsOf+handsetNumber, "$JS.API.STREAM.DELETE."+streamFeedback, body); err != nil {
		t.Fatal(err)
	}
	receive(t, verdicts)
	if _, err := r.js.Stream(deadline(t), streamFeedback); err != nil {
		t.Errorf("feedback stream: %v", err)
	}
}

func (r *running) webSocketClient(t *testing.T, options ...nats.Option) *nats.Conn {
	t.Helper()
	options = append(options, nats.CustomInboxPrefix("readback.verdicts."+handsetNumber), nats.MaxReconnects(0), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	nc, err := nats.Connect(fmt.Sprintf("ws://127.0.0.1:%d", r.webSocket), options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// What a client may not do is refused, told in the log, and counted; an MQTT client is told that
// it worked.
func TestClientDenied(t *testing.T) {
	opt := clientOptions(t)
	lines := &logLines{}
	opt.Logger = lines.logger()
	opt.Registerer = prometheus.NewRegistry()
	r := startOpen(t, opt)
	h := connected(t, r.mqttURL(), "app", "secret", nil)
	h.publish(1, "$JS/API/STREAM/DELETE/"+streamReads, "")
	h.publish(1, "readback/reads", `{"receiver":"447700900123","number":1}`)
	nc := r.webSocketClient(t, nats.Token("secret"))
	for _, subject := range []string{subjectReadsNow, subjectReads, "$MQTT.msgs.readback.reads." + handsetNumber, "readback.ledger.0"} {
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
		if got := testutil.ToFloat64(r.metrics.clientsDenied.WithLabelValues(what)); got != want {
			t.Errorf("denied %s: got %v, want %v", what, got, want)
		}
	}
	if got := lines.count("client may not do this"); got != 10 {
		t.Errorf("log: got %d lines, want 10", got)
	}
	if _, err := r.js.Stream(deadline(t), streamReads); err != nil {
		t.Errorf("stream: %v", err)
	}
	for _, tt := range []struct{ name, user, password string }{
		{"wrong key", "app", "wrong"}, {"no key", "app", ""}, {"the process's name", ownUser, "secret2"},
	} {
		if token := dial(t, r.mqttURL(), tt.user, tt.password, nil).Connect(); token.Wait() && token.Error() == nil {
			t.Errorf("%s: let in", tt.name)
		}
		if _, err := nats.Connect(fmt.Sprintf("ws://127.0.0.1:%d", r.webSocket), nats.UserInfo(tt.user, tt.password)); err == nil {
			t.Errorf("%s: let in by WebSocket", tt.name)
		}
	}
	if got := lines.count("client refused"); got != 6 {
		t.Errorf("log: got %d refusals, want 6", got)
	}
}

// Nobody fills the server: neither with connections nor with subscriptions.
func TestClientBounds(t *testing.T) {
	opt := clientOptions(t)
	opt.MaxClients = 1
	lines := &logLines{}
	opt.Logger = lines.logger()
	r := startOpen(t, opt)
	gone := make(chan struct{})
	nc := r.webSocketClient(t, nats.Token("secret"), nats.ClosedHandler(func(*nats.Conn) { close(gone) }))
	for i := range clientSubs + 1 {
		if _, err := nc.SubscribeSync(subjectVerdictsOf + handsetNumber); err != nil {
			t.Fatal(err)
		}
		if i == clientSubs-1 {
			flush(t, nc)
			r.gatekeeper.cutOff()
			flush(t, nc) // it is still there
		}
	}
	flush(t, nc)
	if token := dial(t, r.mqttURL(), "app", "secret", nil).Connect(); token.Wait() && token.Error() == nil {
		t.Error("one client too many: let in")
	}
	if lines.count("too many clients") != 1 {
		t.Errorf("log lacks the refusal")
	}
	r.gatekeeper.cutOff()
	receive(t, gone)
}

func flush(t *testing.T, nc *nats.Conn) {
	t.Helper()
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
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
	m := nats.NewMsg(subjectReadsNow)
	m.Header.Set("X-API-Key", "secret")
	m.Data = []byte(`{"receiver":"447700900123","number":1}`)
	reply, err := nc.RequestMsg(m, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	var v Verdict
	if err := json.Unmarshal(reply.Data, &v); err != nil || v.Code != http.StatusNotFound {
		t.Errorf("got %s, want 404", reply.Data)
	}
}

// On a cluster of the operator's the handsets come to its MQTT, and Readback takes from there.
func TestMQTTOfCluster(t *testing.T) {
	so := &server.Options{Port: server.RANDOM_PORT, StoreDir: t.TempDir(), MQTT: server.MQTTOpts{Host: "127.0.0.1", Port: server.RANDOM_PORT}}
	s := serve(t, so)
	opt := testOptions(t)
	opt.NATS = s.ClientURL()
	r := start(t, opt)
	sent := r.submit(conversation(t, "10690001", handsetNumber), "id1")
	h := connected(t, fmt.Sprintf("tcp://127.0.0.1:%d", so.MQTT.Port), "", "", nil) // its stream is there now
	ctx := deadline(t)
	for _, err := r.js.Consumer(ctx, streamMQTT, topicIntake); err != nil; _, err = r.js.Consumer(ctx, streamMQTT, topicIntake) {
		if ctx.Err() != nil {
			t.Fatal(err)
		}
	}
	h.publish(1, "readback/reads/"+handsetNumber, fmt.Sprintf(`{"number":%d}`, sent.Number))
	wantVerdict(t, h.verdicts, `{"number":1,"code":202}`)
}

func TestOrigin(t *testing.T) {
	opt := clientOptions(t)
	opt.WebSocket.Origins = []string{"https://app.example"}
	r := startOpen(t, opt)
	for origin, want := range map[string]int{"https://app.example": http.StatusSwitchingProtocols, "https://evil.example": http.StatusForbidden} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/mqtt", r.webSocket), nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{
			"Origin": origin, "Connection": "Upgrade", "Upgrade": "websocket",
			"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
		} {
			req.Header.Set(name, value)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: got %d, want %d", origin, res.StatusCode, want)
		}
	}
}

func TestMQTTPortTaken(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	opt := clientOptions(t)
	opt.MQTT.Addr = ln.Addr().String()
	if _, err := Open(opt); err == nil || !strings.Contains(err.Error(), "MQTT") {
		t.Errorf("got %v, want that MQTT cannot listen", err)
	}
}

// logLines are what was logged.
type logLines struct {
	mu  sync.Mutex
	all []string
}

func (l *logLines) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func (l *logLines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, string(b))
	return len(b), nil
}

func (l *logLines) count(text string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.all {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}
