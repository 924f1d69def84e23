package transport

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"readback/internal/testpeer"
)

// tlsServer is a server by files of one directory that greets and echoes.
type tlsServer struct {
	*ServerTLS
	dir  string
	addr string
	log  *record
}

// startServer serves with a certificate of a for gateway.example; its clients need
// one of clients, unless that is nil.
func startServer(t *testing.T, a, clients *testpeer.Authority) tlsServer {
	t.Helper()
	s := tlsServer{dir: t.TempDir(), log: &record{}}
	a.PutPair(t, s.dir, "gateway.example")
	files := Server{Cert: filepath.Join(s.dir, "cert.pem"), Key: filepath.Join(s.dir, "key.pem")}
	if clients != nil {
		testpeer.PutFiles(t, s.dir, map[string][]byte{"clients.pem": clients.PEM()})
		files.ClientCA = filepath.Join(s.dir, "clients.pem")
	}
	var err error
	if s.ServerTLS, err = NewServer(files, s.log.logger()); err != nil {
		t.Fatal(err)
	}
	ln := NewTLSListener(testpeer.Listen(t), s.Config(), Opening{Log: s.log.logger()})
	s.addr = ln.Addr().String()
	echo(t, ln)
	return s
}

// connect does the client's handshake and, since a refusal may come behind it,
// waits for a word of the server.
func (s tlsServer) connect(t *testing.T, config *tls.Config) (*tls.Conn, error) {
	t.Helper()
	conn, err := tls.Dial("tcp", s.addr, config)
	if err != nil {
		return nil, err
	}
	closeAfter(t, conn)
	_, err = io.ReadFull(conn, make([]byte, len(greeting)))
	return conn, err
}

// echoed sends a word to the server and gets it back.
func echoed(t *testing.T, conn net.Conn) {
	t.Helper()
	if _, err := conn.Write([]byte("echo")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 4)
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != "echo" {
		t.Fatalf("got %q, %v, want %q", got, err, "echo")
	}
}

func TestServer(t *testing.T) {
	a, other := testpeer.NewAuthority(t), testpeer.NewAuthority(t)
	mine, foreign := a.Pair(t, "esme"), other.Pair(t, "esme")
	tests := []struct {
		name    string
		clients *testpeer.Authority
		client  *tls.Config
		refused string // in the server's log; empty: connects
	}{
		{"plain server", nil, &tls.Config{}, ""},
		{"TLS 1.2", nil, &tls.Config{MaxVersion: tls.VersionTLS12}, ""},
		{"TLS 1.1", nil, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, "unsupported versions"},
		{"client certificate", a, &tls.Config{Certificates: []tls.Certificate{mine}}, ""},
		{"client certificate, TLS 1.2", a, &tls.Config{Certificates: []tls.Certificate{mine}, MaxVersion: tls.VersionTLS12}, ""},
		{"no client certificate", a, &tls.Config{}, "didn't provide a certificate"},
		{"no client certificate, TLS 1.2", a, &tls.Config{MaxVersion: tls.VersionTLS12}, "didn't provide a certificate"},
		{"client of another authority", a, &tls.Config{GetClientCertificate: always(foreign)}, "unknown authority"},
		{"client that does not know us", nil, &tls.Config{RootCAs: other.Pool()}, "bad certificate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := startServer(t, a, tt.clients)
			config := tt.client.Clone()
			config.ServerName = "gateway.example"
			if config.RootCAs == nil {
				config.RootCAs = a.Pool()
			}
			conn, err := s.connect(t, config)
			if tt.refused == "" {
				if err != nil {
					t.Fatalf("got %v, want a connection; log:\n%s", err, s.log)
				}
				echoed(t, conn)
				return
			}
			if err == nil {
				t.Fatal("got a connection, want none")
			}
			awaitLine(t, s.log, "connection refused", "reason=tls", "remote=127.0.0.1:", tt.refused)
		})
	}
}

// TestServerClientOptional takes a client without a certificate, and tells who has one.
func TestServerClientOptional(t *testing.T) {
	a, other := testpeer.NewAuthority(t), testpeer.NewAuthority(t)
	mine, foreign := a.Pair(t, "app"), other.Pair(t, "app")
	dir := t.TempDir()
	a.PutPair(t, dir, "gateway.example")
	testpeer.PutFiles(t, dir, map[string][]byte{"clients.pem": a.PEM()})
	s, err := NewServer(Server{
		Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), ClientCA: filepath.Join(dir, "clients.pem"),
		ClientOptional: true, Protocols: []string{"h2", "http/1.1"},
	}, slog.New(slog.DiscardHandler))
	must(t, err)
	tests := []struct {
		name   string
		client *tls.Certificate
		want   string
	}{{"none", nil, ""}, {"ours", &mine, "app"}, {"of another authority", &foreign, "refused"}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			here, there := net.Pipe()
			closeAfter(t, here)
			closeAfter(t, there)
			config := &tls.Config{RootCAs: a.Pool(), ServerName: "gateway.example", NextProtos: []string{"h2"}}
			if tt.client != nil {
				config.GetClientCertificate = always(*tt.client)
			}
			go func() { _, _ = tls.Client(here, config).Read(make([]byte, 1)) }() // the server sees what is wrong
			server := tls.Server(there, s.Config())
			got := ""
			if err := server.Handshake(); err != nil {
				got = "refused"
			}
			state := server.ConnectionState()
			if len(state.VerifiedChains) > 0 {
				got = state.PeerCertificates[0].Subject.CommonName
			}
			if got != tt.want || tt.want != "refused" && state.NegotiatedProtocol != "h2" {
				t.Errorf("got %q with %q, want %q with h2", got, state.NegotiatedProtocol, tt.want)
			}
		})
	}
}

func always(c tls.Certificate) func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	return func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &c, nil }
}

// serial tells the certificates of a server apart.
func serial(conn *tls.Conn) string {
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.String()
}

func TestServerReload(t *testing.T) {
	a := testpeer.NewAuthority(t)
	s := startServer(t, a, nil)
	config := &tls.Config{RootCAs: a.Pool(), ServerName: "gateway.example"}
	connect := func() *tls.Conn {
		t.Helper()
		conn, err := s.connect(t, config)
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	first := connect()
	a.PutPair(t, s.dir, "gateway.example")
	if again := connect(); serial(again) != serial(first) {
		t.Fatal("a certificate was taken that nobody had loaded")
	}
	if err := s.Reload(); err != nil {
		t.Fatal(err)
	}
	second := connect()
	if serial(second) == serial(first) {
		t.Error("got the certificate from before the reload")
	}
	echoed(t, first) // its session goes on

	testpeer.PutFiles(t, s.dir, map[string][]byte{"cert.pem": []byte("half a cert")})
	if err := s.Reload(); err == nil || !strings.Contains(err.Error(), "cert.pem") {
		t.Errorf("got %v, want an error with the name of the file", err)
	}
	if third := connect(); serial(third) != serial(second) {
		t.Error("got another certificate, want the last sound one")
	}
	echoed(t, first)
	echoed(t, second)
}

// TestServerForgets takes an authority away: a client of it must not get in again,
// by no session that it remembers either.
func TestServerForgets(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			a, later := testpeer.NewAuthority(t), testpeer.NewAuthority(t)
			s := startServer(t, a, a)
			config := &tls.Config{
				RootCAs: a.Pool(), ServerName: "gateway.example", MaxVersion: version,
				GetClientCertificate: always(a.Pair(t, "esme")), ClientSessionCache: tls.NewLRUClientSessionCache(0),
			}
			conn, err := s.connect(t, config)
			if err != nil {
				t.Fatal(err)
			}
			testpeer.PutFiles(t, s.dir, map[string][]byte{"clients.pem": later.PEM()})
			if err := s.Reload(); err != nil {
				t.Fatal(err)
			}
			if _, err := s.connect(t, config); err == nil {
				t.Error("got a connection, want none")
			}
			echoed(t, conn)
		})
	}
}

func TestNewServerErrors(t *testing.T) {
	a := testpeer.NewAuthority(t)
	cert, key := a.Issue(t, "gateway.example")
	_, otherKey := a.Issue(t, "gateway.example")
	ca := string(a.PEM())
	tests := []struct {
		name           string
		cert, key, ca  string
		wantInTheError string
	}{
		{"no certificate", "", string(key), ca, "cert.pem"},
		{"no key", string(cert), "", ca, "key.pem"},
		{"another's key", string(cert), string(otherKey), ca, "does not match"},
		{"authority cut off", string(cert), string(key), ca + ca[:len(ca)/2], "ca.pem"},
		{"no authority", string(cert), string(key), "none here", "ca.pem"},
		{"authority is a key", string(cert), string(key), string(key), "there is none"},
		{"authority is garbage", string(cert), string(key), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "number 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			testpeer.PutFiles(t, dir, map[string][]byte{"cert.pem": []byte(tt.cert), "key.pem": []byte(tt.key), "ca.pem": []byte(tt.ca)})
			s, err := NewServer(Server{
				Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), ClientCA: filepath.Join(dir, "ca.pem"),
			}, slog.New(slog.DiscardHandler))
			if s != nil || err == nil || !strings.Contains(err.Error(), tt.wantInTheError) {
				t.Errorf("got %v, %v, want an error with %q", s, err, tt.wantInTheError)
			}
		})
	}
	if _, err := NewServer(Server{Cert: os.DevNull}, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("got no error without a key file")
	}
}

// TestServerWatch sees the files of a server change without being told.
func TestServerWatch(t *testing.T) {
	a := testpeer.NewAuthority(t)
	s := startServer(t, a, nil)
	before := s.kept.Now()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); s.Watch(ctx, time.Millisecond) }()
	next := s.log.next()
	a.PutPair(t, s.dir, "gateway.example")
	<-next
	awaitLine(t, s.log, "certificates reloaded", "cert.pem")
	if s.kept.Now() == before {
		t.Error("got the certificate from before")
	}
	cancel()
	<-done
}
