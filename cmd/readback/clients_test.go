package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"readback/config"
	"readback/relay"
)

// selfSigned writes a certificate and its key.
func selfSigned(t *testing.T) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("cert.pem", "CERTIFICATE", cert), write("key.pem", "PRIVATE KEY", private)
}

func TestOpenToClients(t *testing.T) {
	cert, key := selfSigned(t)
	files := config.ClientTLS{Cert: cert, Key: key, ClientCA: cert}
	cfg := config.Default().Reads
	cfg.MaxClients = 7
	cfg.MQTT = config.MQTT{Addr: "127.0.0.1:1883"}
	cfg.WebSocket = config.WebSocket{Addr: "127.0.0.1:8443", TLS: files, Origins: []string{"https://app.example"}}
	opt := relay.DefaultOptions()
	watched, err := openToClients(cfg, &opt, slog.New(slog.DiscardHandler))
	if err != nil || len(watched) != 1 {
		t.Fatalf("got %d certificates, %v, want 1", len(watched), err)
	}
	if m := opt.MQTT; m == nil || m.Addr != cfg.MQTT.Addr || m.TLS != nil {
		t.Errorf("MQTT: got %+v", m)
	}
	w := opt.WebSocket
	if w == nil || w.Addr != cfg.WebSocket.Addr || w.TLS == nil || w.TLS.VerifyConnection == nil || !slices.Equal(w.Origins, cfg.WebSocket.Origins) {
		t.Errorf("WebSocket: got %+v", w)
	}
	if opt.MaxClients != 7 {
		t.Errorf("clients: got %d, want 7", opt.MaxClients)
	}

	cfg.MQTT.TLS = config.ClientTLS{Cert: key, Key: key}
	if _, err := openToClients(cfg, &opt, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "reads.mqtt.tls") {
		t.Errorf("got %v, want an error that names reads.mqtt.tls", err)
	}
	opt = relay.DefaultOptions()
	if _, err := openToClients(config.Default().Reads, &opt, slog.New(slog.DiscardHandler)); err != nil || opt.MQTT != nil || opt.WebSocket != nil {
		t.Errorf("by default: got %+v, %+v, %v, want none", opt.MQTT, opt.WebSocket, err)
	}
}

// TestClientsWithoutCertificate: who has another credential that is taken needs none.
func TestClientsWithoutCertificate(t *testing.T) {
	cert, key := selfSigned(t)
	for _, tt := range []struct {
		auth string
		want tls.ClientAuthType
	}{
		{"mtls", tls.RequireAnyClientCert},
		{"api_key", tls.RequireAnyClientCert}, // both are wanted
		{"mtls jwt", tls.RequestClientCert},
	} {
		t.Run(tt.auth, func(t *testing.T) {
			cfg := config.Default().Reads
			cfg.Auth = strings.Fields(tt.auth)
			cfg.MQTT = config.MQTT{Addr: "127.0.0.1:1883", TLS: config.ClientTLS{Cert: cert, Key: key, ClientCA: cert}}
			opt := relay.DefaultOptions()
			if _, err := openToClients(cfg, &opt, slog.New(slog.DiscardHandler)); err != nil {
				t.Fatal(err)
			}
			if got := opt.MQTT.TLS.ClientAuth; got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
