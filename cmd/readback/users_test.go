package main

import (
	"context"
	"crypto/tls"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"readback/config"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/broker"
)

// With users on relay.listen, over TLS, a backend reports reads and cannot purge the ledger; a consumer with full
// takes the feedback; the gateway goes on as before.
func TestServeUsers(t *testing.T) {
	dir, a := t.TempDir(), testpeer.NewAuthority(t)
	a.PutPair(t, dir, "gw1.example")
	r := startService(t, func(cfg *config.Config) {
		cfg.Relay.Listen = "127.0.0.1:0"
		cfg.UsersTLS = config.ListenerTLS{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
		cfg.Relay.Users = []broker.User{{Name: "app", SHA256: hashOf("secret")}, {Name: "consumer", SHA256: hashOf("full"), Full: true}}
		cfg.Feedback.Form = formNATS
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := r.relay.WaitReady(ctx); err != nil {
		t.Fatal(err)
	}
	dial := func(user, password string) (*nats.Conn, jetstream.JetStream, error) {
		nc, err := nats.Connect(r.relay.ClientURL(), nats.Secure(&tls.Config{RootCAs: a.Pool()}), nats.UserInfo(user, password),
			nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
		if err != nil {
			return nil, nil, err
		}
		t.Cleanup(nc.Close)
		js, err := jetstream.New(nc)
		return nc, js, err
	}
	if _, _, err := dial("app", "guess"); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("wrong password: got %v, want %v", err, nats.ErrAuthorization)
	}
	nc, js, err := dial("app", "secret")
	if err != nil {
		t.Fatal(err)
	}
	_, full, err := dial("consumer", "full")
	if err != nil {
		t.Fatal(err)
	}
	e, err := simulator.OpenESME(ctx, r.ESMEs(), simulator.ESMEOptions{Bind: simulator.Bind{SystemID: "bank"}})
	if err != nil {
		t.Fatal(err)
	}
	submit(ctx, t, e, receiver(0))
	submit(ctx, t, e, receiver(1))
	if m, err := nc.RequestWithContext(ctx, broker.SubjectReadsNow, readOf(receiver(0))); err != nil || string(m.Data) != `{"code":202}` {
		t.Errorf("request: got %v, %v, want 202", m, err)
	}
	if _, err := js.Publish(ctx, broker.SubjectReads, readOf(receiver(1))); err != nil {
		t.Errorf("publish: %v", err)
	}
	short, end := context.WithTimeout(ctx, 50*time.Millisecond)
	defer end()
	if s, err := js.Stream(short, "READBACK_LEDGER"); err == nil {
		t.Errorf("stream of the ledger: got it; purge: %v", s.Purge(short))
	}
	consumer, err := full.CreateOrUpdateConsumer(ctx, "READBACK_FEEDBACK", jetstream.ConsumerConfig{
		Durable: "bank", FilterSubject: "readback.feedback.0.bank", AckPolicy: jetstream.AckExplicitPolicy,
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		m, err := consumer.Next(jetstream.FetchMaxWait(20 * time.Second))
		if err != nil {
			t.Fatal(err)
		}
		_ = m.Ack()
	}
}

// readOf is the read response of a receiver to its first message.
func readOf(receiver string) []byte {
	return []byte(`{"receiver":"` + receiver + `","sender":"10690001","number":1}`)
}
