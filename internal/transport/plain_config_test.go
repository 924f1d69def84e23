package transport

import (
	"crypto/tls"
	"net"
	"path/filepath"
	"testing"

	"readback/internal/testpeer"
)

// TestPlainConfig asks for certificates without GetConfigForClient, by the newest files.
func TestPlainConfig(t *testing.T) {
	a, other := testpeer.NewAuthority(t), testpeer.NewAuthority(t)
	dir := t.TempDir()
	a.PutPair(t, dir, "gateway.example")
	testpeer.PutFiles(t, dir, map[string][]byte{"clients.pem": a.PEM()})
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
	mine, foreign := a.Pair(t, "app"), other.Pair(t, "app")
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
			testpeer.PutFiles(t, dir, map[string][]byte{"clients.pem": other.PEM()})
			a.PutPair(t, dir, "next.example")
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
			go shake(client, &tls.Config{ServerName: name, RootCAs: a.Pool()}, tt.shows)
			if err := tls.Server(server, tt.config).Handshake(); (err == nil) != tt.ok {
				t.Errorf("got %v, want success: %v", err, tt.ok)
			}
		})
	}
}

// shake is the client's side of a handshake. It shows the certificate of shows, whoever it is asked
// from; none if there is none.
func shake(conn net.Conn, config *tls.Config, shows []tls.Certificate) {
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &tls.Certificate{}, nil }
	if shows != nil {
		config.GetClientCertificate = always(shows[0])
	}
	c := tls.Client(conn, config)
	if c.Handshake() == nil {
		_, _ = c.Read(make([]byte, 1)) // what the server says against it
	}
}
