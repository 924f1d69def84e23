package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"readback/internal/testpeer"
)

// client makes a ClientTLS whose files lie in dir.
func client(t *testing.T, dir string, files Client) *ClientTLS {
	t.Helper()
	for _, f := range []*string{&files.CA, &files.Cert, &files.Key} {
		if *f != "" {
			*f = filepath.Join(dir, *f)
		}
	}
	c, err := NewClient(files, TCP{Timeout: 10 * time.Second}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// greeted dials and waits for the server's first word.
func greeted(t *testing.T, c *ClientTLS, addr string) (net.Conn, error) {
	t.Helper()
	conn, err := c.Dial(t.Context(), "tcp", addr)
	if err != nil {
		return nil, err
	}
	closeAfter(t, conn)
	_, err = io.ReadFull(conn, make([]byte, len(greeting)))
	return conn, err
}

func TestClient(t *testing.T) {
	a, other := testpeer.NewAuthority(t), testpeer.NewAuthority(t)
	tests := []struct {
		name    string
		clients *testpeer.Authority
		files   Client
		want    string // in the error; empty: connects
	}{
		{"host", nil, Client{CA: "ca.pem"}, ""},
		{"server name", nil, Client{CA: "ca.pem", ServerName: "gateway.example"}, ""},
		{"another server name", nil, Client{CA: "ca.pem", ServerName: "smsc.example"}, "not smsc.example"},
		{"another authority", nil, Client{CA: "other.pem"}, "unknown authority"},
		{"authorities of the system", nil, Client{}, "unknown authority"},
		{"client certificate", a, Client{CA: "ca.pem", Cert: "cert.pem", Key: "key.pem"}, ""},
		{"client certificate of another authority", other, Client{CA: "ca.pem", Cert: "cert.pem", Key: "key.pem"}, "unknown certificate authority"},
		{"no client certificate", a, Client{CA: "ca.pem"}, "certificate required"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := startServer(t, a, tt.clients)
			testpeer.PutFiles(t, s.dir, map[string][]byte{"ca.pem": a.PEM(), "other.pem": other.PEM()})
			conn, err := greeted(t, client(t, s.dir, tt.files), s.addr)
			switch {
			case tt.want == "" && err != nil:
				t.Fatalf("got %v, want a connection; log:\n%s", err, s.log)
			case tt.want == "":
				echoed(t, conn)
			case err == nil || !strings.Contains(err.Error(), tt.want):
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

// TestClientHello checks what the server is told: the name, and no version below 1.2.
func TestClientHello(t *testing.T) {
	a := testpeer.NewAuthority(t)
	dir := t.TempDir()
	testpeer.PutFiles(t, dir, map[string][]byte{"ca.pem": a.PEM()})
	hellos := make(chan *tls.ClientHelloInfo, 1)
	ln := NewTLSListener(testpeer.Listen(t), &tls.Config{
		GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			hellos <- h
			return &tls.Config{Certificates: []tls.Certificate{a.Pair(t, "smsc.example")}}, nil
		},
	}, Opening{})
	echo(t, ln)
	if _, err := greeted(t, client(t, dir, Client{CA: "ca.pem", ServerName: "smsc.example"}), ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	h := <-hellos
	if h.ServerName != "smsc.example" {
		t.Errorf("got server name %q, want smsc.example", h.ServerName)
	}
	for _, v := range h.SupportedVersions {
		if v < tls.VersionTLS12 {
			t.Errorf("got %s offered, want 1.2 or later", tls.VersionName(v))
		}
	}
}

func TestClientReload(t *testing.T) {
	a, later := testpeer.NewAuthority(t), testpeer.NewAuthority(t)
	s := startServer(t, a, a)
	dir := t.TempDir()
	testpeer.PutFiles(t, dir, map[string][]byte{"ca.pem": a.PEM()})
	later.PutPair(t, dir, "esme") // not one that the server takes
	c := client(t, dir, Client{CA: "ca.pem", Cert: "cert.pem", Key: "key.pem"})
	if _, err := greeted(t, c, s.addr); err == nil {
		t.Fatal("got a connection, want none")
	}
	a.PutPair(t, dir, "esme")
	if err := c.Reload(); err != nil {
		t.Fatal(err)
	}
	conn, err := greeted(t, c, s.addr)
	if err != nil {
		t.Fatal(err)
	}

	testpeer.PutFiles(t, dir, map[string][]byte{"ca.pem": []byte("broken")})
	if err := c.Reload(); err == nil {
		t.Error("got no error for a broken file")
	}
	if _, err := greeted(t, c, s.addr); err != nil {
		t.Errorf("got %v, want the files from before", err)
	}
	testpeer.PutFiles(t, dir, map[string][]byte{"ca.pem": later.PEM()})
	if err := c.Reload(); err != nil {
		t.Fatal(err)
	}
	if _, err := greeted(t, c, s.addr); err == nil {
		t.Error("got a connection to a server whose authority is gone")
	}
	echoed(t, conn)
}

// TestClientWaits dials a server that accepts and says nothing.
func TestClientWaits(t *testing.T) {
	ln := testpeer.Listen(t)
	tests := []struct {
		name    string
		timeout time.Duration
		ctx     func() (context.Context, context.CancelFunc)
	}{
		{"time-out", 50 * time.Millisecond, func() (context.Context, context.CancelFunc) { return context.WithCancel(t.Context()) }},
		{"context", 0, func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(t.Context(), 50*time.Millisecond)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := NewClient(Client{}, TCP{Timeout: tt.timeout}, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := tt.ctx()
			defer cancel()
			if _, err := c.Dial(ctx, "tcp", ln.Addr().String()); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
			}
			peer := accept(t, ln)
			if _, err := io.Copy(io.Discard, peer); err != nil {
				t.Errorf("got %v, want the connection closed", err)
			}
		})
	}
}

// TestClientCloses dials a server that does not speak TLS: no connection is left.
func TestClientCloses(t *testing.T) {
	ln := testpeer.Listen(t)
	failed := make(chan error)
	go func() {
		_, err := client(t, "", Client{}).Dial(t.Context(), "tcp", ln.Addr().String())
		failed <- err
	}()
	peer := accept(t, ln)
	if _, err := io.WriteString(peer, "\x00\x00\x00\x10\x80\x00\x00\x09"); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; err == nil || !strings.Contains(err.Error(), ln.Addr().String()) {
		t.Errorf("got %v, want an error with the address", err)
	}
	if err := peer.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, peer); err != nil {
		t.Errorf("got %v, want the connection closed", err)
	}
}

func TestNewClientErrors(t *testing.T) {
	for _, files := range []Client{{Cert: "cert.pem"}, {Key: "key.pem"}, {CA: filepath.Join(t.TempDir(), "none.pem")}} {
		if c, err := NewClient(files, TCP{}, slog.New(slog.DiscardHandler)); c != nil || err == nil {
			t.Errorf("%+v: got %v, %v, want an error", files, c, err)
		}
	}
}
