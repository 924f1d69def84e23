package ops

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"readback/internal/testpeer"
)

// record is the log of a server.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

// take returns what was logged since it was last called.
func (r *record) take() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.text.Reset()
	return r.text.String()
}

// served is a server on a socket. All pages of the table answer 200.
type served struct {
	*Server
	addr string
	log  *record
}

func serve(t *testing.T, a Access, wrap func(net.Listener) net.Listener) *served {
	t.Helper()
	log := new(record)
	s := NewServer(prometheus.NewRegistry(), nil, func() {}, slog.New(slog.NewTextHandler(log, nil)))
	ok := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(w, By(r)) })
	s.Handle("/v1/", ok)
	s.Handle("POST /-/reload", ok)
	s.Handle("/unlisted", ok)
	s.Handle("GET /{$}", ok)
	s.Handle("/console/", ok)
	s.Use(a)
	ln := testpeer.Listen(t)
	addr := ln.Addr().String()
	if wrap != nil {
		ln = wrap(ln)
	}
	t.Cleanup(testpeer.Serve(t, "ops", ln, s.Serve))
	return &served{s, addr, log}
}

// ask sends a request and returns the status.
func (s *served) ask(t *testing.T, client *http.Client, method, url string, change func(*http.Request)) int {
	t.Helper()
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(req)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// people are operators with one role each, whose tokens are the names of the roles.
func people() []Person {
	var all []Person
	for _, r := range roleNames {
		all = append(all, Person{Name: "the-" + r.name, Roles: r.role, SHA256: hashOf(r.name)})
	}
	return all
}

// stays is a client that follows no redirects.
var stays = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// TestRoles asks for each page of the table as somebody with each role, and as nobody.
func TestRoles(t *testing.T) {
	s := serve(t, Access{Operators: people()}, nil)
	s.guard.lines.SetLimit(rate.Inf) // each refusal has its line
	pages := slices.Clone(rules)
	pages = append(pages, rule{"GET /v1/dead?full=true", Privacy}, rule{"GET /v1/dead?full=false&full=true", Privacy}, rule{"GET /v1/unnumbered?full=true", Privacy},
		rule{"GET /v1/reads?full=true", Privacy})
	pages = append(pages, rule{"GET /v1/held?full=true", Privacy}, rule{"GET /v1/messages?message_id=1&full=true", Privacy}, rule{"GET /v1/messages?receiver=447700900123", Privacy}, rule{"GET /v1/messages?message_id=1&receiver=", Privacy})
	pages = append(pages, rule{"GET /v1/trace?full=true", Privacy}, rule{"GET /v1/trace?receiver=447700900123", Privacy})
	for _, page := range pages {
		method, path, _ := strings.Cut(strings.NewReplacer("{sender}", "10690001", "{receiver}", "447700900123", "{id}", "7", "{page}", "sessions", "{$}", "").Replace(page.pattern), " ")
		for _, r := range append(roleNames, struct {
			name string
			role Roles
		}{"guessed", 0}, struct {
			name string
			role Roles
		}{}) {
			want := http.StatusForbidden
			switch {
			case page.roles == public || page.roles == anyone || page.roles&r.role != 0:
				want = http.StatusOK
			case r.role == 0 && method == "GET" && isConsole(page.pattern):
				want = http.StatusSeeOther
			case r.role == 0:
				want = http.StatusUnauthorized
			}
			if path == "/-/drain" && want == http.StatusOK {
				want = http.StatusAccepted
			}
			s.log.take()
			got := s.ask(t, stays, method, "http://"+s.addr+path, func(req *http.Request) {
				if r.name != "" {
					req.Header.Set("Authorization", "Bearer "+r.name)
				}
			})
			line := s.log.take()
			if got != want {
				t.Errorf("%s as %q: got %d, want %d", page.pattern, r.name, got, want)
			}
			if named := strings.Contains(line, "by=the-"+r.name); named != (r.role != 0 && page.roles != public && page.roles != anyone) {
				t.Errorf("%s as %q: got the line %q", page.pattern, r.name, line)
			}
			if strings.Contains(line, "447700900123") {
				t.Errorf("%s: a subscriber's number in %q", page.pattern, line)
			}
		}
	}
}

// A page that is not in the table is not served, to nobody.
func TestUnlistedPages(t *testing.T) {
	for _, a := range []Access{{}, {Operators: people()}} {
		s := serve(t, a, nil)
		for _, path := range []string{"/unlisted", "/v1/other", "/v1/dead/other", "/console/other"} {
			got := s.ask(t, http.DefaultClient, "GET", "http://"+s.addr+path, func(r *http.Request) { r.Header.Set("Authorization", "Bearer operator") })
			if got != http.StatusNotFound {
				t.Errorf("%s: got %d, want 404", path, got)
			}
		}
	}
}

// Without operators everybody on loopback may do everything, and is logged.
func TestNoOperators(t *testing.T) {
	s := serve(t, Access{MetricsApart: true}, nil)
	for _, page := range []string{"GET /metrics", "GET /v1/dead?full=true", "POST /-/reload", "DELETE /v1/receivers/447700900123"} {
		method, path, _ := strings.Cut(page, " ")
		if got := s.ask(t, http.DefaultClient, method, "http://"+s.addr+path, nil); got != http.StatusOK {
			t.Errorf("%s: got %d, want 200", page, got)
		}
	}
	if got := strings.Count(s.log.take(), "by=anyone"); got != 3 {
		t.Errorf("got %d lines, want 3", got)
	}
}

// The listener for metrics and health has nothing else, and asks nobody who they are. Then metrics on the other
// listener need a role.
func TestServeMetrics(t *testing.T) {
	s := serve(t, Access{Hosts: []string{"gw1.example"}, Operators: people(), MetricsApart: true}, nil)
	ln := testpeer.Listen(t)
	t.Cleanup(testpeer.Serve(t, "metrics", ln, s.ServeMetrics))
	for path, want := range map[string]int{"/metrics": 200, "/healthz": 200, "/readyz": 200, "/v1/dead": 404, "/debug/pprof/": 404, "/": 404, "/console/login": 404} {
		if got := s.ask(t, http.DefaultClient, "GET", "http://"+ln.Addr().String()+path, nil); got != want {
			t.Errorf("%s: got %d, want %d", path, got, want)
		}
	}
	rebound := func(r *http.Request) { r.Host = "evil.example" }
	if got := s.ask(t, http.DefaultClient, "GET", "http://"+ln.Addr().String()+"/metrics", rebound); got != http.StatusForbidden {
		t.Errorf("metrics through DNS rebinding: got %d, want 403", got)
	}
	if got := s.ask(t, http.DefaultClient, "GET", "http://"+s.addr+"/metrics", nil); got != http.StatusUnauthorized {
		t.Errorf("metrics beside the commands: got %d, want 401", got)
	}
}

// A certificate of the authority stands for the operator whose name it has, and a change of the operators holds
// for open connections.
func TestCertificates(t *testing.T) {
	authority, other := testpeer.NewAuthority(t), testpeer.NewAuthority(t)
	alice := Person{Name: "alice", Roles: Operator, Certificate: "alice.example"}
	s := serve(t, Access{Operators: []Person{alice}}, func(ln net.Listener) net.Listener {
		return tls.NewListener(ln, &tls.Config{
			Certificates: []tls.Certificate{authority.Pair(t, "gw1.example")},
			ClientAuth:   tls.VerifyClientCertIfGiven, ClientCAs: authority.Pool(),
		})
	})
	client := func(pairs ...tls.Certificate) *http.Client {
		tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authority.Pool(), Certificates: pairs}}
		t.Cleanup(tr.CloseIdleConnections)
		return &http.Client{Transport: tr}
	}
	byAlice := client(authority.Pair(t, "alice.example"))
	reload := func(c *http.Client) int { return s.ask(t, c, "POST", "https://"+s.addr+"/-/reload", nil) }
	if got := reload(byAlice); got != http.StatusOK {
		t.Errorf("alice: got %d, want 200", got)
	}
	if got := s.ask(t, byAlice, "DELETE", "https://"+s.addr+"/v1/receivers/447700900123", nil); got != http.StatusForbidden {
		t.Errorf("alice erases: got %d, want 403", got)
	}
	if got := reload(client(authority.Pair(t, "mallory.example"))); got != http.StatusUnauthorized {
		t.Errorf("another name: got %d, want 401", got)
	}
	if got := reload(client()); got != http.StatusUnauthorized {
		t.Errorf("no certificate: got %d, want 401", got)
	}
	req, _ := http.NewRequestWithContext(context.Background(), "POST", "https://"+s.addr+"/-/reload", nil)
	if resp, err := client(other.Pair(t, "alice.example")).Do(req); err == nil {
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			t.Error("a certificate of another authority: let in")
		}
	}
	s.Use(Access{Operators: people()})
	if got := reload(byAlice); got != http.StatusUnauthorized {
		t.Errorf("alice, no longer an operator: got %d, want 401", got)
	}
}

// A connection whose request was refused is closed: it does not take the place of another.
func TestRefusedIsClosed(t *testing.T) {
	s := serve(t, Access{Operators: people()}, nil)
	for name, change := range map[string]func(*http.Request){
		"no token": func(*http.Request) {}, "another host": func(r *http.Request) { r.Host = "evil.example" },
		"another role": func(r *http.Request) { r.Header.Set("Authorization", "Bearer viewer") },
	} {
		req, err := http.NewRequest("POST", "http://"+s.addr+"/-/reload", nil)
		if err != nil {
			t.Fatal(err)
		}
		change(req)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if !resp.Close {
			t.Errorf("%s: the connection stays open", name)
		}
	}
}

// The log cannot be flooded with refusals.
func TestRefusalsAreBounded(t *testing.T) {
	s := serve(t, Access{Operators: people()}, nil)
	for range 3 * refusedBurst {
		s.ask(t, http.DefaultClient, "POST", "http://"+s.addr+"/-/reload", nil)
	}
	if got := strings.Count(s.log.take(), "refused"); got < refusedBurst || got >= 2*refusedBurst {
		t.Errorf("got %d lines, want about %d", got, refusedBurst)
	}
}
