package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"readback/internal/operator"
)

// TestPages makes each page in each language: it is well-formed, has a heading, names what is asked for, and holds
// nothing that the Content-Security-Policy forbids.
func TestPages(t *testing.T) {
	w := newWorld(t)
	for _, language := range []string{"en", "zh"} {
		for _, path := range paths {
			d := w.page(t, path, language)
			if got := attr(d.all(tagged("html"))[0], "lang"); got != language {
				t.Errorf("%s: got the language %q, want %q", path, got, language)
			}
			if n := len(d.all(tagged("h1"))); n != 1 {
				t.Errorf("%s: got %d headings, want 1", path, n)
			}
			ids := make(map[string]bool)
			for _, n := range d.all(func(*html.Node) bool { return true }) {
				if id := attr(n, "id"); id != "" && ids[id] {
					t.Errorf("%s: two elements are %q", path, id)
				} else {
					ids[id] = true
				}
				for _, a := range n.Attr {
					if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.Contains(a.Val, "://") && a.Key != "xmlns" && a.Key != "xlink" && a.Namespace == "" && a.Key != "xmlns:xlink" {
						t.Errorf("%s: <%s> has %s=%q", path, n.Data, a.Key, a.Val)
					}
				}
				if (n.Data == "script" || n.Data == "style") && n.FirstChild != nil {
					t.Errorf("%s: <%s> has content", path, n.Data)
				}
			}
			for _, n := range d.all(func(n *html.Node) bool { return n.Data == "label" }) {
				if !ids[attr(n, "for")] {
					t.Errorf("%s: a label for %q, which is not there", path, attr(n, "for"))
				}
			}
		}
	}
}

// TestLinks follows every link, picture, script and style sheet of every page.
func TestLinks(t *testing.T) {
	w, seen := newWorld(t), make(map[string]bool)
	for queue := slices.Clone(paths); len(queue) > 0; queue = queue[1:] {
		path := queue[0]
		if seen[path] {
			continue
		}
		seen[path] = true
		rec := w.get(t, request(http.MethodGet, path))
		if rec.Code != http.StatusOK {
			t.Errorf("%s: got %d", path, rec.Code)
		}
		if !strings.HasPrefix(rec.Header().Get("Content-Type"), "text/html") {
			continue
		}
		for _, n := range parsed(t, rec.Body.String()).all(func(*html.Node) bool { return true }) {
			for _, name := range []string{"href", "src"} {
				if to := attr(n, name); to != "" && !strings.HasPrefix(to, "#") {
					queue = append(queue, to)
				}
			}
		}
	}
	if len(seen) < len(paths)+5 {
		t.Errorf("got %d addresses", len(seen))
	}
}

// TestFigures compares pages with what the API says.
func TestFigures(t *testing.T) {
	w := newWorld(t)
	api := func(path string, to any) {
		t.Helper()
		if err := json.Unmarshal(w.get(t, request(http.MethodGet, path)).Body.Bytes(), to); err != nil {
			t.Fatal(err)
		}
	}
	var status operator.Status
	api("/v1/status", &status)
	got := w.page(t, "/console/", "en").figures()
	if got["sessions"][0] != fmt.Sprint(status.Sessions) || got["ready"][0] != "ready" || !status.Ready || got["dead"][0] != "2" {
		t.Errorf("the first page: got %v, the API has %+v", got, status)
	}
	var accounts operator.Accounts
	api("/v1/accounts", &accounts)
	got = w.page(t, "/console/accounts", "en").figures()
	for i, a := range accounts.Accounts {
		if got["numbered"][i] != count(a.Numbered) || got["unnumbered"][i] != count(a.Unnumbered) {
			t.Errorf("accounts: got %v, the API has %+v", got, a)
		}
	}
	var sessions operator.Sessions
	api("/v1/sessions", &sessions)
	rows := w.page(t, "/console/sessions", "en").all(func(n *html.Node) bool { return attr(n, "data-row") != "" })
	for i, s := range sessions.Sessions {
		if attr(rows[i], "data-row") != fmt.Sprint(s.ID) || !strings.Contains(textOfNode(rows[i]), s.Remote) {
			t.Errorf("sessions: got %q, the API has %+v", textOfNode(rows[i]), s)
		}
	}
	if text := textOfNode(w.page(t, "/console/configuration", "en").root); !strings.Contains(text, "at the start: 20") || !strings.Contains(text, "waits for a restart: 20") {
		t.Error("the configuration: what differs since the start is not there")
	}
	if len(rows) != len(sessions.Sessions) || len(got["numbered"]) != len(accounts.Accounts) {
		t.Errorf("got %d sessions and %d accounts", len(rows), len(got["numbered"]))
	}
}

// TestHeld follows the pages of the receipts that wait, and compares them with what the API says.
func TestHeld(t *testing.T) {
	w := newWorld(t)
	isRow := func(n *html.Node) bool { return attr(n, "data-row") != "" }
	cursor := ""
	for _, want := range []string{"1", "2"} {
		var api operator.HeldReceipts
		if err := json.Unmarshal(w.get(t, request(http.MethodGet, "/v1/held?cursor="+cursor)).Body.Bytes(), &api); err != nil || len(api.Receipts) != 1 {
			t.Fatal(err, api)
		}
		d, h := w.page(t, "/console/held?cursor="+cursor, "en"), api.Receipts[0]
		rows := d.all(isRow)
		if len(rows) != 1 || attr(rows[0], "data-row") != want || !strings.Contains(textOfNode(rows[0]), h.Until.UTC().Format(time.TimeOnly)) || !strings.Contains(textOfNode(rows[0]), h.Receiver) {
			t.Errorf("got %d rows, want receipt %s, which is masked, with %+v", len(rows), want, h)
		}
		cursor = api.Next
		var next []string
		for _, n := range d.all(func(n *html.Node) bool { return n.Data == "a" && textOfNode(n) == "More" }) {
			next = append(next, attr(n, "href"))
		}
		if cursor == "" && len(next) > 0 || cursor != "" && !slices.Equal(next, []string{"/console/held?cursor=" + cursor}) {
			t.Errorf("receipt %s: got %q as the next page, the API has %q", want, next, cursor)
		}
	}
	if cursor != "" || len(w.page(t, "/console/held?account=nobody", "en").all(isRow)) != 0 {
		t.Errorf("got a page behind the last, %q, or receipts of nobody", cursor)
	}
}

// TestConversation shows the marks where the API says.
func TestConversation(t *testing.T) {
	w := newWorld(t)
	d := w.page(t, "/console/conversation?sender=10690001&receiver=447700900123", "en")
	marks := d.all(func(n *html.Node) bool { return strings.HasPrefix(attr(n, "class"), "mark ") })
	if len(marks) != 2 || attr(marks[0].Parent, "data-number") != "2" || !strings.Contains(textOfNode(marks[0]), "read") ||
		attr(marks[1].Parent, "data-number") != "4" || !strings.Contains(textOfNode(marks[1]), "sent") {
		t.Errorf("got %d marks, want read at 2 and sent at 4", len(marks))
	}
	rec := w.get(t, request(http.MethodGet, "/console/conversation?sender=1&receiver=447700900999"))
	if rec.Code != http.StatusBadRequest || !strings.Contains(rec.Body.String(), "receiver is no phone number") {
		t.Errorf("a wrong number: got %d %s", rec.Code, rec.Body)
	}
}

// TestHeaders looks at what keeps the pages to themselves.
func TestHeaders(t *testing.T) {
	w := newWorld(t)
	for _, path := range append(slices.Clone(paths), "/console/static/style.css", "/console/static/console.js", "/console/static/icon.svg") {
		h := w.get(t, request(http.MethodGet, path)).Header()
		if policy := h.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'self';") || strings.Contains(policy, "unsafe") ||
			h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: got %v", path, h)
		}
		if fresh := h.Get("Cache-Control"); fresh != "no-store" && !strings.Contains(path, "/static/") {
			t.Errorf("%s: may be kept: %q", path, fresh)
		}
	}
	r := request(http.MethodGet, "/console/static/style.css")
	r.Header.Set("If-None-Match", w.get(t, r).Header().Get("ETag"))
	if rec := w.get(t, r); rec.Code != http.StatusNotModified {
		t.Errorf("a style sheet that is known: got %d, want 304", rec.Code)
	}
	if rec := w.get(t, request(http.MethodGet, "/")); rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != "/console/" {
		t.Errorf("/: got %d to %q", rec.Code, rec.Header().Get("Location"))
	}
	if rec := w.get(t, request(http.MethodGet, "/console/static/text_en.go")); rec.Code != http.StatusNotFound {
		t.Errorf("a file that is not there: got %d", rec.Code)
	}
}

// TestEscapes shows that what a peer chooses is text on a page, wherever it stands.
func TestEscapes(t *testing.T) {
	w := newWorld(t)
	const evil = `"><script>alert(1)</script>`
	for _, path := range []string{
		"/console/sessions?account=", "/console/skips?account=", "/console/held?account=", "/console/dead?account=", "/console/messages?message_id=", "/console/configuration?key=",
		"/console/conversation?receiver=447700900123&sender=", "/console/handsets?number=", "/console/?minutes=10&x=", "/console/sessions?done=",
	} {
		d := w.page(t, path+url.QueryEscape(evil), "en")
		if n := len(d.all(tagged("script"))); n != 1 {
			t.Errorf("%s: got %d scripts, want that of the console alone", path, n)
		}
	}
}
