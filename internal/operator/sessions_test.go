package operator

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/internal/gateway"
	"readback/relay/message"
)

// fakeGateway has some sessions.
type fakeGateway struct {
	sessions []gateway.Session
	ended    []message.Session
}

func (g *fakeGateway) Sessions() []gateway.Session { return g.sessions }

func (g *fakeGateway) EndSession(id message.Session) bool {
	for _, s := range g.sessions {
		if s.ID == id {
			g.ended = append(g.ended, id)
			return true
		}
	}
	return false
}

func newFakeGateway() *fakeGateway {
	remote := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 4711}
	since := time.Date(2026, 11, 30, 10, 0, 0, 5, time.UTC)
	g := &fakeGateway{sessions: []gateway.Session{{ID: 1, Remote: remote, Since: since}}}
	for id := message.Session(2); id <= 4; id++ {
		g.sessions = append(g.sessions, gateway.Session{
			ID: id, Account: "bank", Remote: remote, Bind: pdu.BindReceiverID, Since: since, IsTLS: true, Unanswered: 3, Held: 2, Messages: 70, LastSecond: 9,
			Limits: account.Limits{Rate: 10.5, Window: 20},
		})
	}
	g.sessions[3].Account = "shop"
	return g
}

// ask sends a request to the pages, and returns the status and the JSON of the answer.
func ask(t *testing.T, g Gateway, method, path string) (status int, body map[string]any) {
	t.Helper()
	w := httptest.NewRecorder()
	SessionPages(g).ServeHTTP(w, httptest.NewRequest(method, path, nil))
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Fatalf("%s %s: %v in %q", method, path, err, w.Body)
		}
	}
	want := "application/json"
	if w.Code >= 400 {
		want = "application/problem+json"
	}
	if got := w.Header().Get("Content-Type"); w.Body.Len() > 0 && got != want {
		t.Errorf("%s %s: got Content-Type %q, want %q", method, path, got, want)
	}
	return w.Code, body
}

// The JSON of a session, field by field.
func TestSessionJSON(t *testing.T) {
	_, body := ask(t, newFakeGateway(), "GET", "/v1/sessions?limit=2")
	want := map[string]any{
		"next": "2",
		"sessions": []any{
			map[string]any{"id": 1., "remote": "192.0.2.1:4711", "since": "2026-11-30T10:00:00Z", "tls": false, "unanswered": 0., "held": 0., "messages": 0., "last_second": 0., "rate": 0., "window": 0.},
			map[string]any{
				"id": 2., "account": "bank", "remote": "192.0.2.1:4711", "bind": "bind_receiver", "since": "2026-11-30T10:00:00Z",
				"tls": true, "unanswered": 3., "held": 2., "messages": 70., "last_second": 9., "rate": 10.5, "window": 20.,
			},
		},
	}
	if !reflect.DeepEqual(body, want) {
		t.Errorf("got  %v\nwant %v", body, want)
	}
}

func TestListSessions(t *testing.T) {
	for _, tt := range []struct {
		query string
		ids   []float64
		next  string
	}{
		{"", []float64{1, 2, 3, 4}, ""},
		{"?limit=2&cursor=2", []float64{3, 4}, ""},
		{"?limit=1&cursor=2", []float64{3}, "3"},
		{"?account=bank", []float64{2, 3}, ""},
		{"?account=bank&limit=1", []float64{2}, "2"},
		{"?account=nobody", nil, ""},
		{"?cursor=9", nil, ""},
	} {
		status, body := ask(t, newFakeGateway(), "GET", "/v1/sessions"+tt.query)
		var ids []float64
		for _, s := range body["sessions"].([]any) {
			ids = append(ids, s.(map[string]any)["id"].(float64))
		}
		next, _ := body["next"].(string)
		if status != http.StatusOK || !reflect.DeepEqual(ids, tt.ids) || next != tt.next {
			t.Errorf("%q: got %d, %v and next %q; want %v and %q", tt.query, status, ids, next, tt.ids, tt.next)
		}
	}
}

// What is wrong with a request is said, with the field at fault.
func TestSessionProblems(t *testing.T) {
	for _, tt := range []struct {
		method, path string
		status       int
		field        string
	}{
		{"GET", "/v1/sessions?limit=0", 400, "limit"},
		{"GET", "/v1/sessions?limit=1001", 400, "limit"},
		{"GET", "/v1/sessions?cursor=x", 400, "cursor"},
		{"GET", "/v1/sessions?cursor=4294967296", 400, "cursor"},
		{"DELETE", "/v1/sessions/x", 400, "id"},
		{"DELETE", "/v1/sessions/9", 404, ""},
	} {
		g := newFakeGateway()
		status, body := ask(t, g, tt.method, tt.path)
		field, _ := body["field"].(string)
		if status != tt.status || field != tt.field || body["status"] != float64(tt.status) || body["title"] != http.StatusText(tt.status) || body["detail"] == "" {
			t.Errorf("%s %s: got %d, %v; want %d and field %q", tt.method, tt.path, status, body, tt.status, tt.field)
		}
		if len(g.ended) > 0 {
			t.Errorf("%s %s ended %v", tt.method, tt.path, g.ended)
		}
	}
}

func TestEndSession(t *testing.T) {
	g := newFakeGateway()
	if status, _ := ask(t, g, "DELETE", "/v1/sessions/3"); status != http.StatusAccepted || len(g.ended) != 1 || g.ended[0] != 3 {
		t.Errorf("got %d, ended %v; want 202 and 3", status, g.ended)
	}
}
