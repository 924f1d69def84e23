package transport

import (
	"crypto/tls"
	"net"
	"path/filepath"
	"testing"
)

// TestPlainConfig asks for certificates without GetConfigForClient, by the newest files.
func TestPlainConfig(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	dir := t.TempDir()
	a.putPair(t, dir, "gateway.example")
	put(t, dir, map[string][]byte{"clients.pem": a.pem()})
	s, err := NewServer(Server{
		Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), ClientCA: filepath.Join(dir, "clients.pem"),
	}, (&record{}).logger())
	must(t, err)
	optional, err := NewServer(Server{
		Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"),
		ClientCA: filepath.Join(dir, "clients.pem"), ClientOptional: true,
	}, (&record{}).logger())
	must(t, err)
	required, may := s.PlainConfig(), optional.PlainConfig()
	mine, foreign := a.pair(t, "app"), other.pair(t, "app")
	for _, tt := range []struct {
		name   string
		config *tls.Config
		before func()
		shows  []tls.Certificate
		ok     bool
	}{
		{"certificate", required, func() {}, []tls.Certificate{mine}, true},
		{"none", required, func() {}, nil, false},
		{"of another authority", required, func() {}, []tls.Certificate{foreign}, false},
		{"optional", may, func() {}, []tls.Certificate{mine}, true},
		{"optional, none", may, func() {}, nil, true},
		{"optional, of another authority", may, func() {}, []tls.Certificate{foreign}, false},
		{"other files", required, func() {
			put(t, dir, map[string][]byte{"clients.pem": other.pem()})
			a.putPair(t, dir, "next.example")
			must(t, s.Reload())
		}, []tls.Certificate{foreign}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.before()
			client, server := net.Pipe()
			closeAfter(t, client)
			closeAfter(t, server)
			name := "gateway.example"
			if tt.name == "other files" {
				name = "next.example"
			}
			go func() {
				// Any certificate is shown, whoever it is asked from.
				get := func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &tls.Certificate{}, nil }
				if tt.shows != nil {
					get = always(tt.shows[0])
				}
				c := tls.Client(client, &tls.Config{ServerName: name, RootCAs: a.pool(), GetClientCertificate: get})
				if c.Handshake() == nil {
					_, _ = c.Read(make([]byte, 1)) // what the server says against it
				}
			}()
			if err := tls.Server(server, tt.config).Handshake(); (err == nil) != tt.ok {
				t.Errorf("got %v, want success: %v", err, tt.ok)
			}
		})
	}
}
