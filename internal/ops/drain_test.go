package ops

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// TestDrain stops a gateway as its operator does, and not as a page in the operator's browser
// could.
func TestDrain(t *testing.T) {
	drained := 0
	s := NewServer(prometheus.NewRegistry(), nil, func() { drained++ }, quiet)
	srv := httptest.NewServer(s)
	defer srv.Close()
	tests := []struct {
		name, method string
		header       [2]string
		status       int
	}{
		{"read", "GET", [2]string{}, 405},
		{"from another site", "POST", [2]string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"from another origin", "POST", [2]string{"Origin", "https://elsewhere.example"}, 403},
		{"by a tool", "POST", [2]string{}, 202},
	}
	for _, tt := range tests {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(tt.method, "http://localhost/-/drain", nil)
		if tt.header[0] != "" {
			r.Header.Set(tt.header[0], tt.header[1])
		}
		before := drained
		s.ServeHTTP(w, r)
		if w.Code != tt.status || (drained > before) != (tt.status == 202) {
			t.Errorf("%s: got %d and drained %v, want %d", tt.name, w.Code, drained > before, tt.status)
		}
	}
	before, c := drained, &Client{Base: srv.URL}
	if _, err := c.Ask(t.Context(), "POST", "/-/drain", http.StatusAccepted); err != nil || drained != before+1 {
		t.Errorf("got %v and drained %d times, want once", err, drained-before)
	}
	if _, err := c.Ask(t.Context(), "POST", "/healthz", http.StatusAccepted); err == nil || !strings.Contains(err.Error(), "405") {
		t.Errorf("another page: got %v, want 405", err)
	}
}

// TestAsk adds a page, as the parts of the gateway do, and asks for it.
func TestAsk(t *testing.T) {
	s := NewServer(prometheus.NewRegistry(), nil, nil, quiet)
	s.Handle("POST /-/reload", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write([]byte(" what it says\n"))
	}))
	srv := httptest.NewServer(s)
	defer srv.Close()
	c := &Client{Base: srv.URL}
	if got, err := c.Ask(t.Context(), "POST", "/-/reload", http.StatusTeapot); err != nil || string(got) != " what it says\n" {
		t.Errorf("got %q, %v, want what it says", got, err)
	}
	if got, err := c.Ask(t.Context(), "POST", "/-/reload", http.StatusOK); err == nil || got != nil || !strings.HasSuffix(err.Error(), "418 I'm a teapot: what it says") {
		t.Errorf("got %q, %v, want an error with what it says", got, err)
	}
}

// Nobody on the way may keep what a health check says.
func TestHealthIsNotCached(t *testing.T) {
	for _, path := range []string{"/healthz", "/readyz"} {
		w := httptest.NewRecorder()
		NewServer(prometheus.NewRegistry(), nil, nil, quiet).ServeHTTP(w, httptest.NewRequest("GET", "http://localhost"+path, nil))
		if h := w.Header(); h.Get("Cache-Control") != "no-store" || h.Get("Content-Type") != "application/json" {
			t.Errorf("%s: got %v, want JSON that is not stored", path, h)
		}
	}
}
