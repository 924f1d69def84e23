package intake

import (
	"testing"

	"readback/relay/relaytest"
)

func TestCrossOrigin(t *testing.T) {
	opt := testOptions(t)
	opt.Origins = []string{"https://app.example"}
	r := serve(t, opt)
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
		{"not listed, reading", "GET", "/v1/conversations/a/1", []string{"Origin", "https://evil.example"}, 200, ""},
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
	opt := testOptions(t)
	lines := auditLines(&opt)
	r := serve(t, opt)
	w := r.record("POST", "/v1/reads", `{"receiver":"1","number":1}`, "Origin", "https://app.example")
	if got := w.Header().Get("Access-Control-Allow-Origin"); w.Code != 403 || got != "" {
		t.Errorf("got %d for %q, want 403", w.Code, got)
	}
	if line := relaytest.Receive(t, lines); line["verdict"] != 403.0 {
		t.Errorf("got line %v, want the refusal", line)
	}
}
