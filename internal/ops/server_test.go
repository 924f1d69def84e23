package ops

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/testpeer"
)

var quiet = slog.New(slog.DiscardHandler)

func TestAnswers(t *testing.T) {
	ready := map[string]func() error{"relay": func() error { return nil }}
	away := map[string]func() error{
		"relay": func() error { return errors.New("NATS is away") }, "store": func() error { return nil },
	}
	tests := []struct {
		name, method, path string
		checks             map[string]func() error
		status             int
		want               string
	}{
		{"alive", "GET", "/healthz", away, 200, `{"status":"ok"}`},
		{"alive, head", "HEAD", "/healthz", away, 200, ""},
		{"alive, post", "POST", "/healthz", away, 405, ""},
		{"ready", "GET", "/readyz", ready, 200, `{"ready":true}`},
		{"ready without checks", "GET", "/readyz", nil, 200, `{"ready":true}`},
		{"not ready", "GET", "/readyz", away, 503, `{"ready":false,"reasons":{"relay":"NATS is away"}}`},
		{"own metric", "GET", "/metrics", nil, 200, "readback_things_total 2\n"},
		{"runtime", "GET", "/metrics", nil, 200, "go_goroutines "},
		{"process", "GET", "/metrics", nil, 200, "process_resident_memory_bytes "},
		{"profiles", "GET", "/debug/pprof/", nil, 200, "goroutine"},
		{"one profile", "GET", "/debug/pprof/goroutine?debug=1", nil, 200, "goroutine profile"},
		{"symbol", "GET", "/debug/pprof/symbol", nil, 200, "num_symbols"},
		{"no command line", "GET", "/debug/pprof/cmdline", nil, 404, ""},
		{"nothing else", "GET", "/", nil, 404, ""},
		{"not the default mux", "GET", "/elsewhere", nil, 404, ""},
	}
	http.HandleFunc("/elsewhere", func(http.ResponseWriter, *http.Request) {})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			registry := prometheus.NewRegistry()
			c := prometheus.NewCounter(prometheus.CounterOpts{Name: "readback_things_total", Help: "Things."})
			registry.MustRegister(c)
			c.Add(2)
			w := httptest.NewRecorder()
			NewServer(registry, tt.checks, nil, quiet).ServeHTTP(w, httptest.NewRequest(tt.method, "http://localhost"+tt.path, nil))
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("got %d %s\nwant %d with %s", w.Code, w.Body, tt.status, tt.want)
			}
		})
	}
}

func TestServeTwiceOnOneRegistry(t *testing.T) {
	registry := prometheus.NewRegistry()
	var out strings.Builder
	log := slog.New(slog.NewTextHandler(&out, nil))
	NewServer(registry, nil, nil, log)
	NewServer(registry, nil, nil, log)
	if out.Len() > 0 {
		t.Errorf("got a log line, want none: %s", &out)
	}
}

// TestServeAndAsk runs the server on a socket, asks it as the container's health
// check does, and ends it while a profile is being taken.
func TestServeAndAsk(t *testing.T) {
	ln := testpeer.Listen(t)
	asked := make(chan struct{}, 1)
	s := NewServer(prometheus.NewRegistry(), map[string]func() error{
		"relay": func() error { asked <- struct{}{}; return errors.New("no ledger") },
	}, nil, quiet)
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, ln) }()
	url := "http://" + ln.Addr().String()
	probe := func(path string) error {
		_, err := (&Client{Base: url}).Ask(t.Context(), "GET", path, http.StatusOK)
		return err
	}
	if err := probe("/healthz"); err != nil {
		t.Errorf("healthz: got %v, want nil", err)
	}
	if err := probe("/readyz"); err == nil || !strings.Contains(err.Error(), "503") || !strings.Contains(err.Error(), "no ledger") {
		t.Errorf("readyz: got %v, want 503 and the reason", err)
	}
	<-asked

	resp, err := http.Get(url + "/debug/pprof/trace?seconds=60") // answers its header at once
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-served; err != nil {
		t.Errorf("Serve: got %v, want nil", err)
	}
	_, _ = io.Copy(io.Discard, resp.Body) // cut or whole, it ends
	_ = resp.Body.Close()
	if err := probe("/healthz"); err == nil {
		t.Error("after Serve: got an answer, want none")
	}
}

func TestServeFails(t *testing.T) {
	ln := testpeer.Listen(t)
	_ = ln.Close()
	if err := NewServer(prometheus.NewRegistry(), nil, nil, quiet).Serve(t.Context(), ln); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v, want %v", err, net.ErrClosed)
	}
}

func TestClientRefuses(t *testing.T) {
	srv := httptest.NewServer(http.RedirectHandler("/elsewhere", http.StatusFound))
	defer srv.Close()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name string
		ctx  context.Context
		url  string
	}{
		{"redirect", t.Context(), srv.URL},
		{"not a URL", t.Context(), "://"},
		{"no time", ended, srv.URL},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := (&Client{Base: tt.url}).Ask(tt.ctx, "GET", "/", http.StatusOK); err == nil {
				t.Error("got nil, want an error")
			}
		})
	}
}
