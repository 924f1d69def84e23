package console

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"readback/internal/ops"
)

// browser keeps cookies.
type browser struct {
	w       *world
	cookies map[string]*http.Cookie
}

func newBrowser(w *world) *browser { return &browser{w, make(map[string]*http.Cookie)} }

func (b *browser) do(t testing.TB, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	rec := b.w.get(t, r)
	for _, c := range rec.Result().Cookies() {
		if b.cookies[c.Name] = c; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return rec
}

func (b *browser) get(t testing.TB, path string) *httptest.ResponseRecorder {
	t.Helper()
	return b.do(t, request(http.MethodGet, path))
}

// post sends a form with the token of a page.
func (b *browser) post(t testing.TB, from, to string, values ...string) *httptest.ResponseRecorder {
	t.Helper()
	tokens := parsed(t, b.get(t, from).Body.String()).all(func(n *html.Node) bool { return attr(n, "name") == "token" })
	if len(tokens) == 0 {
		t.Fatalf("%s has no form", from)
	}
	return b.send(t, to, append(values, "token", attr(tokens[0], "value"))...)
}

func (b *browser) send(t testing.TB, to string, values ...string) *httptest.ResponseRecorder {
	t.Helper()
	form := url.Values{}
	for i := 0; i < len(values); i += 2 {
		form.Set(values[i], values[i+1])
	}
	r := request(http.MethodPost, to)
	r.Body = io.NopCloser(strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "http://localhost")
	return b.do(t, r)
}

// TestForms sends each form that changes something.
func TestForms(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(w)
	for _, tt := range []struct {
		from, to string
		values   []string
		leads    string
		changes  []string
	}{
		{"/console/sessions", "/console/sessions/8/end", nil, "/console/sessions?done=session", []string{"end 8"}},
		{"/console/smsc", "/console/smsc/7/end", nil, "/console/smsc?done=session", []string{"end smsc 7"}},
		{"/console/dead", "/console/dead", []string{"do", "replay", "event", "evt-1"}, "/console/dead?done=replayed", []string{"POST /v1/dead/replay?event=evt-1&limit=1000"}},
		{"/console/dead", "/console/dead", []string{"do", "drop", "all", "true"}, "/console/dead?done=dropped", []string{"DELETE /v1/dead?all=true&limit=1000"}},
		{"/console/handsets", "/console/handsets", []string{"number", "447700900123", "index", "2"}, "/console/handsets?number=447700900123", nil},
		{"/console/reads", "/console/language", []string{"language", "zh", "next", "/console/reads?full=true"}, "/console/reads?full=true", nil},
		{"/console/reads", "/console/language", []string{"language", "zh", "next", "https://elsewhere.example/console/"}, "/console/", nil},
		{"/console/reads", "/console/language", []string{"language", "zh", "next", "//elsewhere.example/console/"}, "/console/", nil},
	} {
		rec := b.post(t, tt.from, tt.to, tt.values...)
		if got := w.taken(); rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != tt.leads || !slices.Equal(got, tt.changes) {
			t.Errorf("%s %v: got %d to %q, changes %q; want %q, %q", tt.to, tt.values, rec.Code, rec.Header().Get("Location"), got, tt.leads, tt.changes)
		}
		if rec := b.get(t, rec.Header().Get("Location")); rec.Code != http.StatusOK {
			t.Errorf("%s: got %d", tt.leads, rec.Code)
		}
	}
	if rec := b.get(t, "/console/reads"); !strings.Contains(rec.Body.String(), `<html lang="zh">`) {
		t.Error("the language is not remembered")
	}
	rec := b.post(t, "/console/configuration", "/console/configuration")
	if got := w.taken(); rec.Code != http.StatusOK || !slices.Equal(got, []string{"reload"}) || !strings.Contains(rec.Body.String(), "<code>smsc.window</code>: 20 → 50") {
		t.Errorf("a reload: got %d, changes %q", rec.Code, got)
	}
	if !w.handsets.opened {
		t.Error("the message is not opened")
	}
	if rec := b.post(t, "/console/sessions", "/console/sessions/4711/end"); rec.Code != http.StatusNotFound || !strings.Contains(rec.Body.String(), "there is no session 4711") {
		t.Errorf("a session that is not there: got %d %s", rec.Code, rec.Body)
	}
}

// A form about a handset or a message that is not there opens nothing, and the page says what is wrong.
func TestHandsetForms(t *testing.T) {
	b := newBrowser(newWorld(t))
	for _, tt := range []struct {
		number, index string
		code          int
		want          string
	}{
		{"447700900199", "2", http.StatusNotFound, "there is no such handset"},
		{"shop", "2", http.StatusNotFound, "there is no such handset"},
		{"447700900123", "x", http.StatusBadRequest, "index is no whole number"},
		{"447700900123", "7", http.StatusConflict, "there is no message 7"},
	} {
		rec := b.post(t, "/console/handsets", "/console/handsets", "number", tt.number, "index", tt.index)
		if rec.Code != tt.code || !strings.Contains(rec.Body.String(), tt.want) {
			t.Errorf("%s, %s: got %d %s, want %d %q", tt.number, tt.index, rec.Code, rec.Body, tt.code, tt.want)
		}
	}
}

// The sender's side shows what the sender wrote, and the handset's what came.
func TestSentText(t *testing.T) {
	inbox := (&phones{}).Messages("447700900123")
	if got := textOf(inbox, 2); got != "您的餐位已订好" || inbox[1].Text == got {
		t.Errorf("got %q of %q, want it without the marker", got, inbox[1].Text)
	}
}

// TestForgedForms sends forms that no page of the console has sent.
func TestForgedForms(t *testing.T) {
	w := newWorld(t, people()...)
	b := newBrowser(w)
	b.post(t, ops.LoginPath, ops.LoginPath, "secret", "operator", "next", "/console/")
	other := newWorld(t)
	for name, rec := range map[string]*httptest.ResponseRecorder{
		"no token":            b.send(t, "/console/sessions/8/end"),
		"of another person":   b.send(t, "/console/sessions/8/end", "token", w.console.token(request(http.MethodGet, "/"))),
		"of another process":  b.send(t, "/console/sessions/8/end", "token", other.console.token(request(http.MethodGet, "/"))),
		"the language":        b.send(t, "/console/language", "language", "zh"),
		"a login of somebody": newBrowser(w).send(t, ops.LoginPath, "secret", "viewer"),
	} {
		if rec.Code != http.StatusForbidden || len(w.taken()) > 0 {
			t.Errorf("%s: got %d, want 403 and no change", name, rec.Code)
		}
	}
}

// TestRoles logs in with each role.
func TestRoles(t *testing.T) {
	w := newWorld(t, people()...)
	for _, tt := range []struct {
		role            string
		ends, full, see int
	}{
		{"viewer", 403, 403, 403}, {"operator", 303, 403, 403}, {"privacy", 403, 200, 200},
	} {
		b := newBrowser(w)
		if rec := b.get(t, "/console/reads?full=true"); rec.Code != http.StatusSeeOther {
			t.Fatalf("before the login: got %d", rec.Code)
		}
		rec := b.post(t, ops.LoginPath+"?next=%2Fconsole%2Fskips", ops.LoginPath, "secret", " "+tt.role+"\n", "next", "/console/skips")
		if rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != "/console/skips" {
			t.Fatalf("%s: the login: got %d to %q", tt.role, rec.Code, rec.Header().Get("Location"))
		}
		text := b.get(t, "/console/sessions").Body.String()
		if strings.Contains(text, "/end\"") != (tt.ends == 303) || strings.Contains(text, `href="/console/conversation"`) != (tt.see == 200) {
			t.Errorf("%s: the page offers what the role may not do, or the other way round", tt.role)
		}
		if rec := b.post(t, "/console/sessions", "/console/sessions/8/end"); rec.Code != tt.ends {
			t.Errorf("%s ends a session: got %d, want %d", tt.role, rec.Code, tt.ends)
		}
		for _, page := range []string{"skips", "reads", "held", "dead"} {
			if rec := b.get(t, "/console/"+page+"?full=true"); rec.Code != tt.full {
				t.Errorf("%s sees numbers of %s in full: got %d, want %d", tt.role, page, rec.Code, tt.full)
			}
			if rec := b.get(t, "/console/"+page); rec.Code != 200 || strings.Contains(rec.Body.String(), "447700900123") {
				t.Errorf("%s: %s: got %d, or a number", tt.role, page, rec.Code)
			}
		}
		for path, want := range map[string]int{
			"/console/conversation?sender=1&receiver=447700900123": tt.see, "/console/messages?receiver=447700900123": tt.see,
			"/console/messages?message_id=4A7F01": 200, "/console/messages?message_id=4A7F01&full=true": tt.full, "/console/configuration": 200,
		} {
			if rec := b.get(t, path); rec.Code != want {
				t.Errorf("%s asks for %s: got %d, want %d", tt.role, path, rec.Code, want)
			}
		}
		b.post(t, "/console/sessions", "/console/logout")
		if rec := b.get(t, "/console/sessions"); rec.Code != http.StatusSeeOther {
			t.Errorf("%s, after the logout: got %d", tt.role, rec.Code)
		}
	}
	b := newBrowser(w)
	if rec := b.post(t, ops.LoginPath, ops.LoginPath, "secret", "guessed"); rec.Code != http.StatusUnauthorized || !strings.Contains(rec.Body.String(), "ops.operators") {
		t.Errorf("a guessed token: got %d", rec.Code)
	}
}
