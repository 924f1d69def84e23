package intake

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"readback/relay/message"
)

// Only a preflight request of an allowed origin gets the methods and headers that a page may
// send.
func TestPreflight(t *testing.T) {
	served := 0
	h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served++ })
	const origin = "https://app.example"
	for _, tt := range []struct {
		name, method, from, asks string
		origins                  []string
		code                     int
		exposed, methods, vary   string
	}{
		{"asked before", "OPTIONS", origin, "POST", []string{origin}, 204, "Retry-After", "GET, POST, PUT, DELETE", "Origin"},
		{"options, and nothing asked", "OPTIONS", origin, "", []string{origin}, 200, "Retry-After", "", "Origin"},
		{"no options", "POST", origin, "POST", []string{origin}, 200, "Retry-After", "", "Origin"},
		{"no browser", "POST", "", "", []string{origin}, 200, "", "", "Origin"},
		{"no origins", "GET", origin, "", nil, 200, "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req, w := httptest.NewRequest(tt.method, "http://localhost/v1/reads", nil), httptest.NewRecorder()
			for name, value := range map[string]string{"Origin": tt.from, "Access-Control-Request-Method": tt.asks} {
				if value != "" {
					req.Header.Set(name, value)
				}
			}
			before := served
			crossOrigin(tt.origins, func(message.Verdict) {}, h).ServeHTTP(w, req)
			if w.Code != tt.code || (served > before) != (tt.code == 200) {
				t.Errorf("got %d, served %d, want %d", w.Code, served-before, tt.code)
			}
			want := map[string]string{
				"Access-Control-Expose-Headers": tt.exposed, "Access-Control-Allow-Methods": tt.methods, "Vary": tt.vary,
				"Access-Control-Allow-Headers": "", "Access-Control-Max-Age": "",
			}
			if tt.methods != "" {
				want["Access-Control-Allow-Headers"], want["Access-Control-Max-Age"] = "Authorization, Content-Type, X-API-Key", "600"
			}
			for name, value := range want {
				if got := w.Header().Get(name); got != value {
					t.Errorf("%s: got %q, want %q", name, got, value)
				}
			}
		})
	}
}
