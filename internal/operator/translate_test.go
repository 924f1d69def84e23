package operator

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Errors of other pages become problems with a hint, and everything else passes as it is.
func TestProblems(t *testing.T) {
	verdict := func(code int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(code)
			_, _ = w.Write([]byte(body))
		}
	}
	for _, tt := range []struct {
		name, path string
		h          http.Handler
		code       int
		want       string
	}{
		{"none", "/v1/dead", verdict(200, `{"letters":[]}`), 200, `{"letters":[]}`},
		{"no header", "/v1/dead", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("x")) }), 200, "x"},
		{
			"wrong query", "/v1/dead", verdict(400, `{"code":400,"error":"limit is not from 1 to 1000"}`), 400,
			`{"title":"Bad Request","status":400,"detail":"limit is not from 1 to 1000","hint":"limit is 1 to 1000; cursor is next of the page before;`,
		},
		{
			"wrong number", "/v1/receivers/x/optout", verdict(400, `{"code":400,"error":"is no phone number","field":"receiver"}`), 400,
			`"detail":"receiver is no phone number","hint":"a phone number with its country code, such as 447700900123 or +447700900123","field":"receiver"}`,
		},
		{"wrong sender", "/v1/conversations/x/y", verdict(400, `{"code":400,"error":"no address","field":"sender"}`), 400, `"hint":"/v1/conversations/SENDER/RECEIVER`},
		{"away", "/v1/feedback", verdict(503, `{"code":503,"error":"NATS is away","retry_after":7}`), 503, `"detail":"NATS is away","hint":"ask again in a while`},
		{"too many", "/v1/receivers/447700900123/optout", verdict(429, `{"code":429,"error":"too many"}`), 429, `"hint":"ask again after the seconds`},
		{"text", "/v1/other", http.NotFoundHandler(), 404, `"detail":"404 page not found","hint":"GET /v1/messages`},
		{"a problem", "/v1/other", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			refuse(w, 404, problem{Detail: "gone", Hint: "look elsewhere"})
		}), 404, `"detail":"gone","hint":"look elsewhere"}`},
	} {
		w := httptest.NewRecorder()
		Problems(tt.h).ServeHTTP(w, httptest.NewRequest("GET", tt.path, nil))
		if w.Code != tt.code || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s: got %d %s, want %d %s", tt.name, w.Code, w.Body, tt.code, tt.want)
		}
		if got := w.Header().Get("Content-Type"); tt.code >= 400 && got != "application/problem+json" {
			t.Errorf("%s: got Content-Type %q", tt.name, got)
		}
	}
}
