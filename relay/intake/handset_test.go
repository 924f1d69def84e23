package intake

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang"
	"github.com/nats-io/nats.go"

	"readback/relay/access"
	"readback/relay/broker"
	"readback/relay/relaytest"
)

const handsetNumber = "447700900123"

// clientOptions have both listeners, for clients with the key "secret".
func clientOptions(t *testing.T) fixtureOptions {
	opt := testOptions(t)
	opt.MQTT, opt.WebSocket = &broker.Listener{Addr: "127.0.0.1:0"}, &broker.Listener{Addr: "127.0.0.1:0"}
	sum := sha256.Sum256([]byte("secret"))
	opt.Auth, opt.APIKeys = []string{access.AuthAPIKey}, []access.APIKey{{Name: "app", SHA256: hex.EncodeToString(sum[:])}}
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

func (r *fixture) mqttURL() string {
	port, _ := r.broker.Ports()
	return fmt.Sprintf("tcp://127.0.0.1:%d", port)
}

func (r *fixture) webSocketURL() string {
	_, port := r.broker.Ports()
	return fmt.Sprintf("ws://127.0.0.1:%d", port)
}

// serveClients opens the ways in, and returns when clients can connect.
func serveClients(t *testing.T, opt fixtureOptions) *fixture {
	t.Helper()
	r := serve(t, opt)
	r.awaitTaking()
	return r
}

// awaitTaking waits until what MQTT clients send is taken. Clients are let in then.
func (r *fixture) awaitTaking() {
	r.t.Helper()
	select {
	case <-r.taking:
	case <-relaytest.Deadline(r.t).Done():
		r.t.Fatal("no client is let in")
	}
}

func wantVerdict(t *testing.T, verdicts <-chan string, want string) {
	t.Helper()
	if got := relaytest.Receive(t, verdicts); got != want {
		t.Errorf("verdict: got %s, want %s", got, want)
	}
}

func flush(t *testing.T, nc *nats.Conn) {
	t.Helper()
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
}
