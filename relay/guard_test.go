package relay

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"readback/relay/relaytest"
)

func TestCrossOrigin(t *testing.T) {
	opt := testIntake(t)
	opt.Origins = []string{"https://app.example"}
	r := serveIntake(t, opt)
	body := `{"receiver":"1","number":1}`
	tests := []struct {
		name, method, path string
		headers            []string
		code               int
		allowed            string
	}{
		{"no browser", "POST", "/v1/reads", nil, 404, ""},
		{"listed", "POST", "/v1/reads", []string{"Origin", "https://app.example", "Sec-Fetch-Site", "cross-site"}, 404, "https://app.example"},
		{"not listed", "POST", "/v1/reads", []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, 403, ""},
		{"not listed, old browser", "POST", "/v1/reads", []string{"Origin", "https://evil.example"}, 403, ""},
		{"sandboxed page", "POST", "/v1/reads", []string{"Origin", "null", "Sec-Fetch-Site", "cross-site"}, 403, ""},
		{"looks alike", "POST", "/v1/reads", []string{"Origin", "https://app.example.evil.example"}, 403, ""},
		{"not listed, erasure", "DELETE", "/v1/receivers/1", []string{"Origin", "https://evil.example"}, 403, ""},
		{"not listed, reading", "GET", "/v1/conversations/a/b", []string{"Origin", "https://evil.example"}, 200, ""},
		{"listed, asked before", "OPTIONS", "/v1/reads", []string{"Origin", "https://app.example", "Access-Control-Request-Method", "POST"}, 204, "https://app.example"},
		{"not listed, asked before", "OPTIONS", "/v1/reads", []string{"Origin", "https://evil.example", "Access-Control-Request-Method", "POST"}, 405, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := r.record(tt.method, tt.path, body, tt.headers...)
			if got := w.Header().Get("Access-Control-Allow-Origin"); w.Code != tt.code || got != tt.allowed {
				t.Errorf("got %d for %q, want %d for %q", w.Code, got, tt.code, tt.allowed)
			}
			if got := w.Header().Get("Vary"); got != "Origin" {
				t.Errorf("Vary: got %q, want Origin", got)
			}
		})
	}
}

// No page of another origin is allowed unless the operator lists the origin.
func TestCrossOriginOff(t *testing.T) {
	opt := testIntake(t)
	lines := auditLines(&opt)
	r := serveIntake(t, opt)
	w := r.record("POST", "/v1/reads", `{"receiver":"1","number":1}`, "Origin", "https://app.example")
	if got := w.Header().Get("Access-Control-Allow-Origin"); w.Code != 403 || got != "" {
		t.Errorf("got %d for %q, want 403", w.Code, got)
	}
	if line := relaytest.Receive(t, lines); line["verdict"] != 403.0 {
		t.Errorf("got line %v, want the refusal", line)
	}
}

func TestAtMost(t *testing.T) {
	enter, leave := make(chan bool), make(chan bool)
	h := atMost(2, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		enter <- true
		<-leave
	}))
	ask := func() *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		return w
	}
	var asking sync.WaitGroup
	for range 2 {
		asking.Go(func() { ask() })
		<-enter
	}
	if w := ask(); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("got %d, want 503 and when to try again", w.Code)
	}
	leave <- true
	leave <- true
	asking.Wait()
	asking.Go(func() { ask() })
	<-enter
	leave <- true
	asking.Wait()
}

// pipes is a listener whose connections are pipes.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	c, ok := <-p.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (p *pipes) Close() error { p.once.Do(func() { close(p.conns) }); return nil }

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// A client that is too slow is disconnected.
func TestSlowClients(t *testing.T) {
	const head = "POST /v1/reads HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n"
	tests := []struct {
		name  string
		begin string
		drip  string // an octet a second
		most  time.Duration
	}{
		{"says nothing", "", "", readHeaderTimeout},
		{"headers drip", "POST /v1/reads HTTP/1.1\r\n", strings.Repeat("x", 1000), readHeaderTimeout},
		{"body drips", head, strings.Repeat("x", 19), readTimeout},
		{"idle afterwards", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "", idleTimeout},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newHTTPServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
					if _, err := io.ReadAll(req.Body); err != nil {
						w.WriteHeader(http.StatusBadRequest)
					}
				}))
				ln := &pipes{conns: make(chan net.Conn)}
				served := make(chan error, 1)
				go func() { served <- s.Serve(ln) }()
				here, there := net.Pipe()
				ln.conns <- there
				began := time.Now()
				var writing sync.WaitGroup
				writing.Go(func() {
					_, err := io.WriteString(here, tt.begin)
					for i := 0; err == nil && i < len(tt.drip); i++ {
						time.Sleep(time.Second) // of the bubble
						_, err = here.Write([]byte{tt.drip[i]})
					}
				})
				_, err := io.Copy(io.Discard, bufio.NewReader(here)) // until it is cut off
				if took := time.Since(began); took > tt.most+time.Second || err != nil && !errors.Is(err, io.EOF) {
					t.Errorf("cut off after %v, %v, want at most %v", took, err, tt.most)
				}
				_ = here.Close()
				_ = s.Close()
				if err := <-served; !errors.Is(err, http.ErrServerClosed) {
					t.Errorf("serve: got %v", err)
				}
				writing.Wait()
			})
		})
	}
}
