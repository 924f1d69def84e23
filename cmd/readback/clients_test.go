package main

import (
	"crypto/tls"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"readback/config"
	"readback/internal/testpeer"
	"readback/relay"
	"readback/relay/broker"
)

// newFiles are those of a listener: a certificate, its key, and their authority.
func newFiles(t *testing.T) config.ClientTLS {
	t.Helper()
	dir, a := t.TempDir(), testpeer.NewAuthority(t)
	a.PutPair(t, dir, "gateway.example")
	testpeer.PutFiles(t, dir, map[string][]byte{"ca.pem": a.PEM()})
	return config.ClientTLS{
		Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), ClientCA: filepath.Join(dir, "ca.pem"),
	}
}

func TestOpenToClients(t *testing.T) {
	files := newFiles(t)
	all := config.Default()
	cfg := &all.Reads
	cfg.MQTT = config.MQTT{Addr: "127.0.0.1:1883"}
	cfg.WebSocket = config.WebSocket{Addr: "127.0.0.1:8443", TLS: files, Origins: []string{"https://app.example"}}
	opt := relay.DefaultOptions()
	watched, err := openToClients(all, &opt, slog.New(slog.DiscardHandler))
	if err != nil || len(watched) != 1 {
		t.Fatalf("got %d certificates, %v, want 1", len(watched), err)
	}
	if m := opt.MQTT; m == nil || m.Addr != cfg.MQTT.Addr || m.TLS != nil {
		t.Errorf("MQTT: got %+v", m)
	}
	if want := (broker.Limits{PerSource: 250, Rate: 20, Burst: 500}); opt.Unknown != want {
		t.Errorf("got limits %+v of those that have not authenticated, want %+v", opt.Unknown, want)
	}
	w := opt.WebSocket
	if w == nil || w.Addr != cfg.WebSocket.Addr || w.TLS == nil || w.TLS.VerifyConnection == nil || !slices.Equal(w.Origins, cfg.WebSocket.Origins) {
		t.Errorf("WebSocket: got %+v", w)
	}
	cfg.MQTT.TLS = config.ClientTLS{Cert: files.Key, Key: files.Key}
	if _, err := openToClients(all, &opt, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "reads.mqtt.tls") {
		t.Errorf("got %v, want an error that names reads.mqtt.tls", err)
	}
	opt = relay.DefaultOptions()
	if _, err := openToClients(config.Default(), &opt, slog.New(slog.DiscardHandler)); err != nil || opt.MQTT != nil || opt.WebSocket != nil {
		t.Errorf("by default: got %+v, %+v, %v, want none", opt.MQTT, opt.WebSocket, err)
	}
}

// TestClientsWithoutCertificate: who has another credential that is taken needs none.
func TestClientsWithoutCertificate(t *testing.T) {
	files := newFiles(t)
	for _, tt := range []struct {
		auth string
		want tls.ClientAuthType
	}{
		{"mtls", tls.RequireAnyClientCert},
		{"api_key", tls.RequireAnyClientCert}, // both are wanted
		{"mtls jwt", tls.RequestClientCert},
	} {
		t.Run(tt.auth, func(t *testing.T) {
			all := config.Default()
			all.Relay.Auth = strings.Fields(tt.auth)
			all.Reads.MQTT = config.MQTT{Addr: "127.0.0.1:1883", TLS: files}
			opt := relay.DefaultOptions()
			if _, err := openToClients(all, &opt, slog.New(slog.DiscardHandler)); err != nil {
				t.Fatal(err)
			}
			if got := opt.MQTT.TLS.ClientAuth; got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
