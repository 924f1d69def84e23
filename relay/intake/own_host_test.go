package intake

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"readback/relay/access"
	"readback/relay/relaytest"
)

// Where no credential is asked for, a web page whose name resolves to the API cannot use it.
func TestOwnHost(t *testing.T) {
	open, hosts := testOptions(t), testOptions(t)
	hosts.Hosts = []string{"api.example"}
	keys := testOptions(t)
	keys.Auth, keys.APIKeys = []string{access.AuthAPIKey}, []access.APIKey{{Name: "app", SHA256: relaytest.SHA256("secret")}}
	for _, tt := range []struct {
		name string
		opt  fixtureOptions
		host string
		want int
	}{
		{"localhost", open, "localhost:8080", http.StatusOK},
		{"its address", open, "127.0.0.1:8080", http.StatusOK},
		{"no browser", open, "", http.StatusOK},
		{"a name that resolves here", open, "evil.example:8080", http.StatusForbidden},
		{"beside a listed one", hosts, "evil.example", http.StatusForbidden},
		{"a listed name", hosts, "API.example:443", http.StatusOK},
		{"a name, with a key", keys, "api.example", http.StatusOK},
	} {
		r := serve(t, tt.opt)
		for _, page := range [][2]string{{"GET", optOutPath}, {"PUT", optOutPath}, {"GET", "/v1/conversations/10690001/447700900123"}} {
			req, w := httptest.NewRequest(page[0], page[1], nil), httptest.NewRecorder()
			req.Host = tt.host
			req.Header.Set("X-API-Key", "secret")
			if r.api.Handler().ServeHTTP(w, req); w.Code != tt.want {
				t.Errorf("%s, %s %s: got %d %s, want %d", tt.name, page[0], page[1], w.Code, w.Body, tt.want)
			}
		}
	}
}
