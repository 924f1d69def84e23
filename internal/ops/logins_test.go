package ops

import (
	"crypto/tls"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// newGuarded is a server for people. All pages of the console and of the API answer with who asks.
func newGuarded() *Server {
	s := NewServer(prometheus.NewRegistry(), nil, func() {}, slog.New(slog.DiscardHandler))
	who := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, By(r)) })
	s.Handle("/console/", who)
	s.Handle("/v1/", who)
	s.Use(Access{Operators: people()})
	return s
}

// loginOf returns the cookie that a token is exchanged for.
func loginOf(t *testing.T, s *Server, token string) *http.Cookie {
	t.Helper()
	w := httptest.NewRecorder()
	if err := s.Login(w, httptest.NewRequest("POST", LoginPath, nil), token); err != nil {
		t.Fatal(err)
	}
	return w.Result().Cookies()[0]
}

// visit asks for a page with a cookie.
func visit(s *Server, method, path string, cookie *http.Cookie) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://localhost"+path, nil)
	if cookie != nil {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// A cookie stands for a token on the pages of the console, with its roles, and nowhere else.
func TestLogin(t *testing.T) {
	s := newGuarded()
	if w := visit(s, "GET", "/console/sessions?account=a", nil); w.Code != http.StatusSeeOther ||
		w.Header().Get("Location") != "/console/login?next=%2Fconsole%2Fsessions%3Faccount%3Da" {
		t.Errorf("without a cookie: got %d to %q", w.Code, w.Header().Get("Location"))
	}
	if w := visit(s, "POST", "/console/dead", nil); w.Code != http.StatusUnauthorized {
		t.Errorf("a form without a cookie: got %d, want 401", w.Code)
	}
	cookie := loginOf(t, s, "viewer")
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Path != "/console/" || cookie.Secure || cookie.MaxAge != 12*3600 {
		t.Errorf("the cookie: got %+v", cookie)
	}
	for _, tt := range []struct {
		method, path string
		want         int
	}{
		{"GET", "/console/sessions", 200},
		{"POST", "/console/dead", 403},
		{"GET", "/console/conversation", 403},
		{"GET", "/v1/sessions", 401},
		{"GET", "/debug/pprof/", 401},
	} {
		if w := visit(s, tt.method, tt.path, cookie); w.Code != tt.want || w.Code == 200 && w.Body.String() != "the-viewer" {
			t.Errorf("%s %s: got %d %q, want %d", tt.method, tt.path, w.Code, w.Body, tt.want)
		}
	}
	w := httptest.NewRecorder()
	if err := s.Login(w, httptest.NewRequest("POST", LoginPath, nil), "guessed"); err == nil || len(w.Result().Cookies()) > 0 {
		t.Errorf("a guessed token: got %v, %v", err, w.Result().Cookies())
	}
	secure := httptest.NewRequest("POST", LoginPath, nil)
	secure.TLS = new(tls.ConnectionState)
	if err := s.Login(w, secure, "viewer"); err != nil || !strings.Contains(w.Header().Get("Set-Cookie"), "Secure") {
		t.Errorf("under TLS: got %v, %q", err, w.Header().Get("Set-Cookie"))
	}
}

// A login ends after twelve hours, by logout, and with its operator.
func TestLoginEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newGuarded()
		cookie := loginOf(t, s, "viewer")
		code := func(c *http.Cookie) int { return visit(s, "GET", "/console/sessions", c).Code }
		time.Sleep(loginTime - time.Second)
		if got := code(cookie); got != http.StatusOK {
			t.Errorf("before its end: got %d, want 200", got)
		}
		r := httptest.NewRequest("GET", "http://localhost/console/live/sessions", nil)
		r.AddCookie(cookie)
		if !s.StillMay(r) {
			t.Error("a stream: ended before the login")
		}
		time.Sleep(time.Second)
		if got := code(cookie); got != http.StatusSeeOther || s.StillMay(r) {
			t.Errorf("after its end: got %d, want a login", got)
		}
		cookie = loginOf(t, s, "viewer")
		out := httptest.NewRequest("POST", "http://localhost/console/logout", nil)
		out.AddCookie(cookie)
		s.Logout(httptest.NewRecorder(), out)
		if got := code(cookie); got != http.StatusSeeOther {
			t.Errorf("after the logout: got %d, want a login", got)
		}
		other := loginOf(t, s, "operator")
		s.Use(Access{Operators: people()[:1]})
		if got := code(other); got != http.StatusSeeOther {
			t.Errorf("after its operator has left: got %d, want a login", got)
		}
	})
}

// Whoever logs in again and again ends her own oldest login, and none of others.
func TestLoginsAreBounded(t *testing.T) {
	var l logins
	one, other := &people()[0], &people()[1]
	now := time.Now()
	has := func(cookie string) bool {
		r := httptest.NewRequest("GET", "/", nil)
		r.AddCookie(&http.Cookie{Name: LoginCookie, Value: cookie})
		return l.find(r, &Access{Operators: people()}, now) != nil
	}
	others := l.add(other, now)
	first := l.add(one, now)
	second := l.add(one, now.Add(1))
	for i := range maxLogins - 1 {
		l.add(one, now.Add(time.Duration(i+2)))
	}
	if len(l.by) != maxLogins+1 || has(first) || !has(second) || !has(others) {
		t.Errorf("got %d logins with the first %v, the second %v, that of another %v; want %d without the first", len(l.by), has(first), has(second), has(others), maxLogins+1)
	}
	l.add(one, now.Add(2*loginTime))
	if len(l.by) != 1 {
		t.Errorf("after a day: got %d logins, want 1", len(l.by))
	}
}

// The console asks with the roles of whoever asks it.
func TestAskForSender(t *testing.T) {
	s := newGuarded()
	for i, p := range people() {
		r := withPerson(httptest.NewRequest("GET", "/console/dead", nil), &p)
		for page, need := range map[string]Roles{
			"GET /v1/dead": anyRole, "GET /v1/dead?full=true": Privacy, "DELETE /v1/dead?all=true": Operator,
		} {
			method, target, _ := strings.Cut(page, " ")
			want := http.StatusForbidden
			if p.Roles&need != 0 {
				want = http.StatusOK
			}
			if status, body := s.Ask(r, method, target); status != want || status == http.StatusOK && string(body) != people()[i].Name {
				t.Errorf("%s as %s: got %d %q, want %d", page, p.Name, status, body, want)
			}
		}
	}
	r := withPerson(httptest.NewRequest("GET", "/console/dead", nil), &people()[0])
	if status, _ := s.Ask(r, "GET", "/unlisted"); status != http.StatusNotFound {
		t.Errorf("a page that is not in the table: got %d, want 404", status)
	}
	if status, _ := s.Ask(httptest.NewRequest("GET", "/console/dead", nil), "GET", "/v1/dead"); status != http.StatusForbidden {
		t.Errorf("for nobody: got %d, want 403", status)
	}
}

// Somebody may follow a link of another page to the console. That page may neither send a form nor ask by script.
func TestVisit(t *testing.T) {
	s := newGuarded()
	s.Use(Access{})
	for _, tt := range []struct {
		name, method, path, mode, dest, origin string
		want                                   int
	}{
		{"a link", "GET", "/console/sessions", "navigate", "document", "", 200},
		{"a link to the API", "GET", "/v1/sessions", "navigate", "document", "", 403},
		{"a frame", "GET", "/console/sessions", "navigate", "iframe", "", 403},
		{"a script", "GET", "/console/sessions", "cors", "empty", "https://elsewhere.example", 403},
		{"an image", "GET", "/console/sessions", "no-cors", "image", "", 403},
		{"a form", "POST", "/console/dead", "navigate", "document", "https://elsewhere.example", 403},
		{"a form without origin", "POST", "/console/dead", "navigate", "document", "", 403},
	} {
		r := httptest.NewRequest(tt.method, "http://localhost"+tt.path, nil)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Sec-Fetch-Mode", tt.mode)
		r.Header.Set("Sec-Fetch-Dest", tt.dest)
		if tt.origin != "" {
			r.Header.Set("Origin", tt.origin)
		}
		w := httptest.NewRecorder()
		if s.ServeHTTP(w, r); w.Code != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, w.Code, tt.want)
		}
	}
}
