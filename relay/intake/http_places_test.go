package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"readback/internal/admission"
	"readback/internal/transport"
	"readback/relay/access"
)

// limitedAPI is an API on a socket, with API keys and limits of its connections.
func limitedAPI(t *testing.T, limits admission.Limits, rate int) (addr string) {
	t.Helper()
	sum := sha256.Sum256([]byte("secret"))
	opt := testOptions(t)
	opt.Auth, opt.APIKeys = []string{access.AuthAPIKey}, []access.APIKey{{Name: "app", SHA256: hex.EncodeToString(sum[:]), Rate: rate}}
	f := serve(t, opt)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	limiter := transport.NewLimiter(transport.Limits{Limits: limits}, slog.New(slog.DiscardHandler), nil)
	go func() { done <- f.api.Serve(t.Context(), limiter.Listener(ln)) }()
	t.Cleanup(func() {
		if err := <-done; err != nil { // the context has ended
			t.Error(err)
		}
	})
	return ln.Addr().String()
}

// clientFrom is an HTTP client with connections of its own from an address of the loopback.
func clientFrom(t *testing.T, from string) *http.Client {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	transport := &http.Transport{DialContext: d.DialContext}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// ask posts a read of no message, and returns the response without its body.
func ask(t *testing.T, c *http.Client, addr, key string) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+addr+"/v1/reads", strings.NewReader(`{"receiver":"447700900123","number":1}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-API-Key", key)
	resp, err := c.Do(req)
	if err == nil {
		_, _ = io.Copy(io.Discard, resp.Body) // its length does not matter
		_ = resp.Body.Close()
	}
	return resp, err
}

// Whoever is refused has to connect again, so that the limits of connections count it.
func TestRefusedConnectionIsClosed(t *testing.T) {
	addr, c := limitedAPI(t, admission.Limits{}, 2), clientFrom(t, "127.0.0.1")
	for _, tt := range []struct {
		name, key string
		code      int
		closed    bool
	}{
		{"accepted", "secret", 404, false},
		{"another", "secret", 404, false},
		{"over the rate", "secret", 429, true},
		{"no credential", "", 401, true},
		{"wrong credential", "wrong", 401, true},
	} {
		resp, err := ask(t, c, addr, tt.key)
		if err != nil || resp.StatusCode != tt.code || resp.Close != tt.closed {
			t.Errorf("%s: got %v, %v, want code %d, closed %v", tt.name, resp, err, tt.code, tt.closed)
		}
	}
}

// Connections that say nothing, or whose requests are refused, keep out nobody who has a credential, and
// take no connection from it.
func TestStrangersKeepOutNobody(t *testing.T) {
	addr := limitedAPI(t, admission.Limits{Total: 5, Rate: 0.001, Burst: 20}, 0)
	honest, other := clientFrom(t, "127.0.0.1"), clientFrom(t, "127.0.0.1")
	if resp, err := ask(t, other, addr, "secret"); err != nil || resp.StatusCode != 404 {
		t.Fatalf("got %v, %v, want 404", resp, err)
	}
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP("127.0.0.2")}}
	for range 10 { // some take the places of others, and some get none
		conn, err := d.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
	for range 30 { // more than come to nothing
		honest.CloseIdleConnections()
		if resp, err := ask(t, honest, addr, "secret"); err != nil || resp.StatusCode != 404 {
			t.Errorf("got %v, %v, want 404", resp, err)
		}
	}
	guesser := clientFrom(t, "127.0.0.3")
	for range 20 {
		if resp, err := ask(t, guesser, addr, "wrong"); err != nil || resp.StatusCode != 401 {
			t.Fatalf("got %v, %v, want 401", resp, err)
		}
	}
	if resp, err := ask(t, guesser, addr, "wrong"); err == nil {
		t.Errorf("got %v, want no answer: the address is over its rate", resp)
	}
	for name, c := range map[string]*http.Client{"new connection": honest, "kept connection": other} {
		if resp, err := ask(t, c, addr, "secret"); err != nil || resp.StatusCode != 404 {
			t.Errorf("%s: got %v, %v, want 404", name, resp, err)
		}
	}
}
