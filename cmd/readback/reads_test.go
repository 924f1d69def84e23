package main

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"readback/config"
	"readback/internal/testpeer"
)

// TestReadsOverTLS lets in a backend and a subscriber by their certificates, another
// subscriber by its token, and nobody else.
func TestReadsOverTLS(t *testing.T) {
	authority, foreign := testpeer.NewAuthority(t), testpeer.NewAuthority(t)
	dir := t.TempDir()
	authority.PutPair(t, dir, "gateway.example")
	const secret = "0123456789abcdef0123456789abcdef"
	testpeer.PutFiles(t, dir, map[string][]byte{"ca.pem": authority.PEM(), "secret": []byte(secret)})
	r := startService(t, func(cfg *config.Config) {
		cfg.Relay.Auth = []string{"mtls", "jwt"}
		cfg.Reads.JWT.Keys = filepath.Join(dir, "secret")
		cfg.Reads.TLS = config.ReadsTLS{
			Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), ClientCA: filepath.Join(dir, "ca.pem"),
		}
	})
	if err := r.relay.WaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": "+447700900123", "exp": time.Now().Add(time.Hour).Unix(),
	}).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	certificate := func(by *testpeer.Authority, cn string, uris ...*url.URL) *tls.Certificate {
		c := by.Pair(t, cn, uris...)
		return &c
	}
	tel := &url.URL{Scheme: "tel", Opaque: "+447700900123"}
	tests := []struct {
		name  string
		cert  *tls.Certificate
		token string
		code  int // 0: no connection
	}{
		{"nobody", nil, "", 401},
		{"backend", certificate(authority, "app.example"), "", 404},
		{"subscriber", certificate(authority, "app", tel), "", 404},
		{"another subscriber", certificate(authority, "447700900124"), "", 403},
		{"token", nil, token, 404},
		{"bad token", nil, token + "x", 401},
		{"certificate of somebody else", certificate(foreign, "app.example"), "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := &tls.Config{RootCAs: authority.Pool()}
			if tt.cert != nil {
				client.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return tt.cert, nil }
			}
			wantCode(t, "https://"+r.Reads()+"/v1/reads", client, tt.token, tt.code)
		})
	}
}

// TestLocal refuses to let everyone in on an address of the network.
func TestLocal(t *testing.T) {
	open, closed := []string{"none"}, []string{"api_key"}
	tests := []struct {
		name string
		auth []string
		addr string
		ok   bool
	}{
		{"loopback", open, "127.0.0.1:0", true},
		{"network", open, "0.0.0.0:0", false},
		{"network with keys", closed, "0.0.0.0:0", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := local(tt.auth, addressed{addr: tt.addr}); (err == nil) != tt.ok {
				t.Errorf("got %v, want right: %v", err, tt.ok)
			}
		})
	}
	if err := local(open, nil); err != nil {
		t.Errorf("no listener: got %v", err)
	}
}

// addressed is a listener that has an address only.
type addressed struct {
	net.Listener
	addr string
}

func (a addressed) Addr() net.Addr {
	addr, err := net.ResolveTCPAddr("tcp", a.addr)
	if err != nil {
		panic(err)
	}
	return addr
}

// wantCode sends a read response over HTTP/2, and looks at the code of the answer; 0: there is no
// connection.
func wantCode(t *testing.T, url string, client *tls.Config, token string, code int) {
	t.Helper()
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: client}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), "POST", url, strings.NewReader(`{"receiver":"447700900123","sender":"1","number":1}`))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		if code != 0 {
			t.Error(err)
		}
		return
	}
	body, _ := io.ReadAll(resp.Body) // for the error
	_ = resp.Body.Close()            // it is read
	if resp.StatusCode != code || resp.ProtoMajor != 2 {
		t.Errorf("got %d %s over %s, want %d over HTTP/2", resp.StatusCode, body, resp.Proto, code)
	}
}
